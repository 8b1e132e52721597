# Cross build for 32-bit ARM boards (a Raspberry Pi OS of 32 bits on any of them) from a Debian machine. Debian's armhf
# is ARMv7 with VFPv3-D16; NEON is not asked for.
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(PHALAROPE_DEBIAN_ARCHITECTURE armhf)
set(PHALAROPE_TRIPLET arm-linux-gnueabihf)
set(PHALAROPE_LOADER ld-linux-armhf.so.3)
set(PHALAROPE_EMULATOR qemu-arm-static)
include(${CMAKE_CURRENT_LIST_DIR}/PhalaropeCross.cmake)
