# What both ARM toolchain files share: Debian's cross compiler, a sysroot of Debian packages, an emulator for the tests.
#
#   g++-12 (build machine) ──▶ headers and libraries of PHALAROPE_SYSROOT ──▶ program and tests ──ctest──▶ qemu-user
#
# The sysroot is build/sysroot/<architecture> unless PHALAROPE_SYSROOT names another; `./dev sysroot` makes it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${PHALAROPE_TRIPLET}-gcc-12)
set(CMAKE_CXX_COMPILER ${PHALAROPE_TRIPLET}-g++-12)
set(CMAKE_LIBRARY_ARCHITECTURE ${PHALAROPE_TRIPLET})

cmake_path(SET PHALAROPE_SYSROOT_DEFAULT NORMALIZE
           "${CMAKE_CURRENT_LIST_DIR}/../build/sysroot/${PHALAROPE_DEBIAN_ARCHITECTURE}")
set(PHALAROPE_SYSROOT ${PHALAROPE_SYSROOT_DEFAULT} CACHE PATH "Debian development packages of the board, unpacked")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PHALAROPE_SYSROOT)
if(NOT EXISTS "${PHALAROPE_SYSROOT}/manifest")
  message(FATAL_ERROR "no sysroot in '${PHALAROPE_SYSROOT}'; make it with: ./dev sysroot ${PHALAROPE_DEBIAN_ARCHITECTURE}")
endif()
set(CMAKE_SYSROOT ${PHALAROPE_SYSROOT})

# Programs that run while building (flatc, pkg-config) are the build machine's; all else is the board's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_LIBDIR} "${PHALAROPE_SYSROOT}/usr/lib/${PHALAROPE_TRIPLET}/pkgconfig:${PHALAROPE_SYSROOT}/usr/share/pkgconfig")
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${PHALAROPE_SYSROOT})
set(CMAKE_CROSSCOMPILING_EMULATOR ${PHALAROPE_EMULATOR} -L ${PHALAROPE_SYSROOT})
