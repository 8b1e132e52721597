# Cross build for 64-bit ARM boards (Raspberry Pi 3 to 5, Zero 2 W, Jetson Orin) from a Debian machine.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(PHALAROPE_DEBIAN_ARCHITECTURE arm64)
set(PHALAROPE_TRIPLET aarch64-linux-gnu)
set(PHALAROPE_LOADER ld-linux-aarch64.so.1)
set(PHALAROPE_EMULATOR qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/PhalaropeCross.cmake)
