# The part of ./dev that is about ARM boards: cross builds, their tests under emulation, digests across processors.
# Sourced by ./dev, whose helpers it uses (need, configure, make_targets, run_tests, say, die).

is_board() { case "$1" in arm64 | armhf) ;; *) return 1 ;; esac; }

# The libraries of a cross build, taken from ./dev's lists. Two packages come without what they depend on: of
# libflatbuffers only the headers are used, and valijson's package brings every JSON library that it can adapt.
sysroot_packages() {
  local package
  echo libc6-dev libstdc++-12-dev libflatbuffers2=alone
  for package in $packages_build $packages_test; do
    case "$package" in
      flatbuffers-compiler-dev) ;;
      libflatbuffers-dev | libvalijson-dev) echo "$package=alone" ;;
      lib* | *-dev | pocketsphinx-en-us) echo "$package" ;;
    esac
  done
}

command_sysroot() {
  [ $# = 1 ] && is_board "$1" || die "usage: ./dev sysroot arm64|armhf"
  toolchains/sysroot "$1" "build/sysroot/$1" $(sysroot_packages)
  echo "$root/build/sysroot/$1"
}

# build_board ARCHITECTURE [TARGET...]: the cross build, with its sysroot.
build_board() {
  local board="$1"; shift
  need build test "$board"
  toolchains/sysroot "$board" "build/sysroot/$board" $(sysroot_packages)
  configure "$board"
  make_targets "$board" "$@"
}

# What an emulator cannot do (label `native`, each with its reason in CMake) is left out. The host's own program is
# built as well: recordings cross between the two.
test_board() {
  local board="$1" like=(${PHALAROPE_TESTS_LIKE:+-R "$PHALAROPE_TESTS_LIKE"})
  need demo
  build_program release
  build_board "$board"
  run_tests "$board" -L '^(unit|contract|sim|fault|board)$' -LE '^native$' "${like[@]}"
}
step_arm64() { test_board arm64; }
step_armhf() { test_board armhf; }

command_glibc_floor() {
  [ $# -gt 0 ] || set -- build/arm64/bin/phalarope
  [ -e "$1" ] || die "no $1; build it: ./dev build arm64"
  toolchains/glibc_floor.py "$@"
}

# cross_check SEEDS: the same worlds, computed by every compiler and processor; their digests must agree, line by line.
# The board's programs run under qemu-user. What each left stays in build/cross-check/.
cross_check() {
  local seeds="$1" results=build/cross-check preset failed=0 began="$SECONDS"
  local presets=(${PHALAROPE_CROSS_PRESETS:-release clang arm64 armhf}) emulator
  [[ "$seeds" =~ ^[1-9][0-9]*$ ]] || die "--cross-check wants a number of seeds, not '$seeds'"
  mkdir -p "$results"
  for preset in "${presets[@]}"; do
    say "cross-check: ${bold}$preset${plain}"
    emulator=()
    case "$preset" in
      arm64) build_board arm64 sim_digest; emulator=(qemu-aarch64-static -L build/sysroot/arm64) ;;
      armhf) build_board armhf sim_digest; emulator=(qemu-arm-static -L build/sysroot/armhf) ;;
      *) need build test; [ "$preset" != clang ] || need clang
         configure "$preset" -DPHALAROPE_TESTS=ON; make_targets "$preset" sim_digest ;;
    esac
    rm -f "$results/$preset"
    began=$SECONDS
    PHALAROPE_DIGESTS="$root/$results/$preset" PHALAROPE_DIGEST_SEEDS="$seeds" \
      "${emulator[@]}" "build/$preset/tests/sim_digest" >"$results/$preset.log" 2>&1 ||
      { tail -n 20 "$results/$preset.log" >&2; die "cross-check: $preset failed"; }
    printf '%-8s %6d seeds  %s  %s\n' "$preset" "$seeds" "$(sha256sum <"$results/$preset" | cut -c1-16)" \
      "$(duration $((SECONDS - began)))"
    diff "$results/${presets[0]}" "$results/$preset" >&2 || failed=1
  done
  [ "$failed" = 0 ] || die "digests differ (< ${presets[0]}): a recording of one would not replay on the other"
  echo "equal: ${presets[*]}"
}
