// A library that is loaded when it is first needed, and kept for the life of the process. For libraries that bring much
// with them (TLS, directories, forty others) on a board that may never ask for what they do.
//
// The packages that hold them are named in firmware_images/README.md and by `phalarope doctor`. Thread: any.
#pragma once

#include <dlfcn.h>

namespace phalarope::hal {

class SharedLibrary {
 public:
  /// `file` with its ABI's number: libcurl.so.4.
  explicit SharedLibrary(const char* file) noexcept : library_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {}

  bool loaded() const noexcept { return library_ != nullptr; }
  /// Null when the library is not there or has no such function.
  template <typename Function>
  void find(const char* name, Function& function) const noexcept {
    if (library_ != nullptr) function = reinterpret_cast<Function>(::dlsym(library_, name));
  }

 private:
  void* library_;  // never closed: its threads and handlers may outlive whoever asked
};

constexpr const char* curl_library_file = "libcurl.so.4";               // the name its ABI has had since 2006
constexpr const char* microhttpd_library_file = "libmicrohttpd.so.12";  // since 2014
constexpr const char* nats_library_file = "libnats.so.3.4";             // the ABI whose header this is built with

}  // namespace phalarope::hal
