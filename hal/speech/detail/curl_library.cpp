#include "hal/speech/detail/curl_library.hpp"

#include <dlfcn.h>

namespace phalarope::hal::detail {
namespace {

constexpr const char* curl_file = "libcurl.so.4";  // the name its ABI has had since 2006

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
}

CurlLibrary load() {
  CurlLibrary curl;
  void* library = ::dlopen(curl_file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return curl;
  find(library, "curl_easy_init", curl.easy_init);
  find(library, "curl_easy_cleanup", curl.easy_cleanup);
  find(library, "curl_easy_setopt", curl.easy_setopt);
  find(library, "curl_easy_perform", curl.easy_perform);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  return curl;
}

}  // namespace

const CurlLibrary* curl_library() {
  static const CurlLibrary curl = load();
  return curl.complete() ? &curl : nullptr;
}

}  // namespace phalarope::hal::detail
