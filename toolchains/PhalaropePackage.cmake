# The Debian package: what it holds beyond `cmake --install`, and what CPack is told.
#
#   install(... COMPONENT runtime)                     program, nodes, schemas: also part of every install
#   install(... COMPONENT runtime EXCLUDE_FROM_ALL)    below: what only a Debian system has a place for
#   package_files ─▶ package/phalarope.1.gz, completion, changelogs, phalarope.spdx.json      (ninja package_files)
#   cpack ─▶ phalarope_<version>_<architecture>.deb
#
# `./dev package` does both. Made files carry no time of their own, so two builds give one hash.
set(PHALAROPE_DEBIAN_DIR ${PROJECT_SOURCE_DIR}/firmware_images/debian)
set(PHALAROPE_SYSTEMD_DIR ${PROJECT_SOURCE_DIR}/firmware_images/systemd)
set(PHALAROPE_PACKAGE_DIR ${PROJECT_BINARY_DIR}/package)
set(PHALAROPE_MAINTAINER "The Phalarope authors <authors@phalarope.invalid>" CACHE STRING "Who answers for the package")
if(NOT DEFINED PHALAROPE_DEBIAN_ARCHITECTURE)  # a toolchain file knows it
  execute_process(COMMAND dpkg --print-architecture OUTPUT_VARIABLE PHALAROPE_DEBIAN_ARCHITECTURE
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()

file(STRINGS ${PHALAROPE_DEBIAN_DIR}/changelog changelog_first LIMIT_COUNT 1)
string(REGEX MATCH "\\(([0-9.]+)-([0-9]+)\\)" ignored "${changelog_first}")
set(debian_version ${CMAKE_MATCH_1})
set(debian_revision ${CMAKE_MATCH_2})
if(NOT debian_version VERSION_EQUAL PROJECT_VERSION)
  message(FATAL_ERROR "firmware_images/debian/changelog:1: version ${debian_version}, CMakeLists.txt has ${PROJECT_VERSION}; "
                      "write the entry of this version")
endif()

# --- Made files ------------------------------------------------------------------------------------------------
# The program says its own manual and completion; a cross build runs it under the emulator of its toolchain file.
file(MAKE_DIRECTORY ${PHALAROPE_PACKAGE_DIR})
function(phalarope_package_output name)
  add_custom_command(OUTPUT ${PHALAROPE_PACKAGE_DIR}/${name} DEPENDS phalarope_cli VERBATIM
                     COMMAND phalarope_cli ${ARGN} > ${PHALAROPE_PACKAGE_DIR}/${name})
endfunction()
function(phalarope_package_compressed name source)
  add_custom_command(OUTPUT ${PHALAROPE_PACKAGE_DIR}/${name} DEPENDS ${source} VERBATIM
                     COMMAND gzip -9nc ${source} > ${PHALAROPE_PACKAGE_DIR}/${name})
endfunction()
phalarope_package_output(phalarope.1 manual)
phalarope_package_output(phalarope.bash completion bash)
phalarope_package_output(_phalarope completion zsh)
phalarope_package_output(phalarope.fish completion fish)
phalarope_package_compressed(phalarope.1.gz ${PHALAROPE_PACKAGE_DIR}/phalarope.1)
phalarope_package_compressed(changelog.gz ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
phalarope_package_compressed(changelog.Debian.gz ${PHALAROPE_DEBIAN_DIR}/changelog)

# Loaded at run time (hal), or read as data: named here once, for the package's fields and for its bill of materials.
set(PHALAROPE_LOADED_PACKAGES libcurl4 libmicrohttpd12 libnats3.4)
set(PHALAROPE_DATA_PACKAGES pocketsphinx-en-us)
set(database /var/lib/dpkg)
set(libraries "")
if(CMAKE_CROSSCOMPILING)
  set(database ${PHALAROPE_SYSROOT}.dpkg)
  set(libraries ${PHALAROPE_SYSROOT}/usr/lib/${PHALAROPE_TRIPLET} ${PHALAROPE_SYSROOT}/usr/lib)
  add_custom_command(OUTPUT ${database}/status DEPENDS ${PHALAROPE_DEBIAN_DIR}/sysroot_database.py VERBATIM
                     COMMAND ${PHALAROPE_DEBIAN_DIR}/sysroot_database.py ${PHALAROPE_SYSROOT} ${database})
  set(database_made ${database}/status)
endif()
# Every object's headers are known only after the build: the bill of materials is made last.
add_custom_command(OUTPUT ${PHALAROPE_PACKAGE_DIR}/phalarope.spdx.json ${PHALAROPE_PACKAGE_DIR}/depends
  DEPENDS phalarope_cli echo_node espeak_node ${database_made} ${PHALAROPE_DEBIAN_DIR}/sbom.py VERBATIM
  COMMAND ${PHALAROPE_DEBIAN_DIR}/sbom.py --build ${PROJECT_BINARY_DIR} --version ${PROJECT_VERSION}
          --architecture "${PHALAROPE_DEBIAN_ARCHITECTURE}" --database ${database} --libraries "${libraries}"
          --loaded "${PHALAROPE_LOADED_PACKAGES}" --data "${PHALAROPE_DATA_PACKAGES}"
          --sbom ${PHALAROPE_PACKAGE_DIR}/phalarope.spdx.json --depends ${PHALAROPE_PACKAGE_DIR}/depends
          $<TARGET_FILE:phalarope_cli> $<TARGET_FILE:echo_node> $<TARGET_FILE:espeak_node>)
set(package_files phalarope.1.gz phalarope.bash _phalarope phalarope.fish changelog.gz changelog.Debian.gz phalarope.spdx.json)
list(TRANSFORM package_files PREPEND ${PHALAROPE_PACKAGE_DIR}/)
add_custom_target(package_files DEPENDS ${package_files})

# --- Where they go ---------------------------------------------------------------------------------------------
function(phalarope_package_install kind destination)
  install(${kind} ${ARGN} DESTINATION ${destination} COMPONENT runtime EXCLUDE_FROM_ALL)
endfunction()
phalarope_package_install(FILES share/man/man1 ${PHALAROPE_PACKAGE_DIR}/phalarope.1.gz)
phalarope_package_install(FILES share/bash-completion/completions ${PHALAROPE_PACKAGE_DIR}/phalarope.bash RENAME phalarope)
phalarope_package_install(FILES share/zsh/vendor-completions ${PHALAROPE_PACKAGE_DIR}/_phalarope)
phalarope_package_install(FILES share/fish/vendor_completions.d ${PHALAROPE_PACKAGE_DIR}/phalarope.fish)
phalarope_package_install(FILES share/doc/phalarope NOTICE ${PHALAROPE_DEBIAN_DIR}/copyright ${PHALAROPE_DEBIAN_DIR}/README.Debian
  ${PHALAROPE_PACKAGE_DIR}/changelog.gz ${PHALAROPE_PACKAGE_DIR}/changelog.Debian.gz ${PHALAROPE_PACKAGE_DIR}/phalarope.spdx.json)
phalarope_package_install(FILES share/lintian/overrides ${PHALAROPE_DEBIAN_DIR}/lintian-overrides RENAME phalarope)
install(DIRECTORY boards firmware_images/conf DESTINATION share/phalarope COMPONENT runtime EXCLUDE_FROM_ALL
        FILES_MATCHING PATTERN "*.yaml" PATTERN "*.csv")
phalarope_package_install(FILES share/phalarope/systemd ${PHALAROPE_SYSTEMD_DIR}/offline.conf)
phalarope_package_install(FILES /lib/systemd/system ${PHALAROPE_SYSTEMD_DIR}/phalarope.service)
phalarope_package_install(PROGRAMS /lib/systemd/system-generators ${PHALAROPE_SYSTEMD_DIR}/phalarope-generator)
phalarope_package_install(FILES /lib/udev/rules.d ${PHALAROPE_SYSTEMD_DIR}/70-phalarope.rules)
phalarope_package_install(FILES /etc/phalarope firmware_images/conf/phalarope.yaml firmware_images/conf/pipeline.yaml)
phalarope_package_install(FILES /etc/phalarope firmware_images/conf/intents/home.yaml RENAME intents.yaml)

# --- CPack -----------------------------------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME phalarope)
set(CPACK_PACKAGE_VENDOR "The Phalarope authors")
set(CPACK_PACKAGE_CONTACT ${PHALAROPE_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "real-time turn engine for voice")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Phalarope listens, decides whose turn it is, runs the speech pipeline of that
turn, speaks, falls silent the moment it is interrupted, and leaves evidence
from which any turn can be replayed bit for bit.
.
It runs on ARM Linux boards with a microphone and a loudspeaker, needs no
network, and starts by itself. `phalarope demo` shows it without either.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${PHALAROPE_DEBIAN_ARCHITECTURE})
set(CPACK_DEBIAN_PACKAGE_RELEASE ${debian_revision})
set(CPACK_DEBIAN_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
list(JOIN PHALAROPE_LOADED_PACKAGES ", " loaded)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "${loaded}, pocketsphinx-testdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS alsa-utils)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PHALAROPE_DEBIAN_DIR}/postinst ${PHALAROPE_DEBIAN_DIR}/prerm
    ${PHALAROPE_DEBIAN_DIR}/postrm ${PHALAROPE_DEBIAN_DIR}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# What the program needs is known after the build (package/depends): CPack reads it when it runs.
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_BINARY_DIR}/CPackDepends.cmake)
file(CONFIGURE OUTPUT CPackDepends.cmake @ONLY CONTENT
[[file(READ "@PHALAROPE_PACKAGE_DIR@/depends" depends)
string(STRIP "${depends}" depends)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${depends}, adduser, pocketsphinx-en-us")
]])
include(CPack)
