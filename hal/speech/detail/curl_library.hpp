// CurlLibrary: the five functions of libcurl that HTTP actions use, loaded when the first of them runs.
//
// libcurl brings forty libraries (TLS, Kerberos, LDAP) with it: 4 MiB resident and a third of the start's time, on a
// board whose intents may never ask the network for anything. Loaded once, kept for the life of the process.
// Thread: any; the first call of library() may take some milliseconds of a worker's time.
#pragma once

#include <curl/curl.h>

namespace phalarope::hal::detail {

struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;

  bool complete() const noexcept {
    return easy_init != nullptr && easy_cleanup != nullptr && easy_setopt != nullptr && easy_perform != nullptr &&
           slist_append != nullptr && slist_free_all != nullptr;
  }
};

/// Null when libcurl is not installed.
const CurlLibrary* curl_library();

}  // namespace phalarope::hal::detail
