# Cross build for 64-bit ARM boards (Raspberry Pi 4 and 5, Jetson Orin) from a Debian machine.
# PHALAROPE_SYSROOT is a folder with Debian's arm64 development packages unpacked; see README.md.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(PHALAROPE_SYSROOT "" CACHE PATH "arm64 development packages, unpacked")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PHALAROPE_SYSROOT)
if(NOT IS_DIRECTORY "${PHALAROPE_SYSROOT}/usr/include")
  message(FATAL_ERROR "give -DPHALAROPE_SYSROOT=DIR with the arm64 packages; toolchains/README.md says how to make it")
endif()
set(CMAKE_SYSROOT ${PHALAROPE_SYSROOT})

# Programs that run while building (flatc, pkg-config) are the build machine's; all else is the board's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_LIBDIR} "${PHALAROPE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${PHALAROPE_SYSROOT}/usr/share/pkgconfig")
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${PHALAROPE_SYSROOT})
