# The part of ./dev that is about the Debian package: building it, judging it, living with it in a clean Debian.
# Sourced by ./dev, whose helpers it uses (need, configure, make_targets, build_program, build_board, say, die).

# What a board has room for, in bytes: the engine's own objects, the program without models, the package. The program is
# just within its goal: above it is told at each build; the other two are refused.
engine_bytes_max=1500000 program_bytes_max=6000000 package_bytes_max=15000000

# The build that a package is made from, for the build machine or a board; `preset` is set.
build_for_package() {
  local targets=(phalarope_cli echo_node espeak_node)
  if is_board "$1"; then
    preset="$1"
    need package
    build_board "$preset" "${targets[@]}" package_files
  else
    preset=release
    need build package
    build_program "$preset"
    make_targets "$preset" "${targets[@]}" package_files
  fi
}

command_package() {
  local architecture="${1:-$(dpkg --print-architecture)}" preset deb
  is_board "$architecture" || [ "$architecture" = "$(dpkg --print-architecture)" ] ||
    die "no package for '$architecture'; there are: amd64 arm64 armhf"
  # One commit, one hash: every time in the package is the commit's.
  export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
  build_for_package "$architecture"
  deb="$(pack "build/$preset")"
  package_sizes "build/$preset" "$deb"
  say "lintian"
  lintian --fail-on error,warning --tag-display-limit 0 "$deb" >&2 || die "lintian found what stands above in $deb"
  say "sha256 $(sha256sum "$deb" | cut -d' ' -f1)"
  echo "$root/$deb"
}

# pack BUILD_DIR [-D NAME=VALUE...]: runs cpack; the package's path.
pack() {
  local build="$1" said; shift
  said="$(cd "$build" && umask 022 && cpack --config CPackConfig.cmake "$@")" || { echo "$said" >&2; die "cpack failed"; }
  realpath --relative-to="$root" "$(sed -n 's/^CPack: - package: \(.*\) generated\.$/\1/p' <<<"$said")"
}

# package_sizes BUILD_DIR DEB: printed, and told or refused above what a board has room for.
package_sizes() {
  local build="$1" deb="$2" work strip failed=0; work="$(mktemp -d)"
  strip="$(sed -n 's/^CMAKE_STRIP:FILEPATH=//p' "$build/CMakeCache.txt")"
  find "$build/core/CMakeFiles/phalarope_engine.dir" -name '*.o' -print0 | xargs -0 ar rcs "$work/engine.a"
  "$strip" --strip-unneeded "$work/engine.a"
  "$strip" -o "$work/program" "$build/bin/phalarope"
  size_line "engine library, stripped" "$(stat -c %s "$work/engine.a")" "$engine_bytes_max" || failed=1
  size_line "program, stripped" "$(stat -c %s "$work/program")" "$program_bytes_max" ||
    say "${red}the program is above its goal${plain}; what runs once may be built for size (toolchains/README.md, 4.)"
  size_line "package" "$(stat -c %s "$deb")" "$package_bytes_max" || failed=1
  rm -rf "$work"
  [ "$failed" = 0 ] || die "a size is above what a board has room for"
}

size_line() {
  printf '%-26s %8d bytes of %8d\n' "$1" "$2" "$3" >&2
  [ "$2" -le "$3" ]
}

# The package of this machine, judged by lintian; part of every push.
step_deb() {
  command_package >/dev/null
  count 1 0 0
}
# ... installed for real in a clean Debian 12, with systemd as its first process.
step_package() {
  local deb later
  need build test package lifecycle demo
  configure release -DPHALAROPE_TESTS=ON
  make_targets release phalarope_paced_pcm
  deb="$(command_package)"
  later="$(pack build/release -D CPACK_DEBIAN_PACKAGE_RELEASE=9)"
  tests/integration/package/life_cycle.py "$deb" "$root/$later" build/release/life-cycle \
    build/release/tests/integration/alsa/libasound_module_pcm_phalarope_paced.so >&2
  count 1 0 0
}
