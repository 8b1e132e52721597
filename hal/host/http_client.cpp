#include "hal/host/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "hal/host/shared_library.hpp"

namespace phalarope::hal {
namespace {

/// The functions of libcurl that are used.
struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;

  bool complete() const noexcept {
    return easy_init != nullptr && easy_cleanup != nullptr && easy_setopt != nullptr && easy_perform != nullptr &&
           easy_getinfo != nullptr && slist_append != nullptr && slist_free_all != nullptr;
  }
};

CurlLibrary load() {
  CurlLibrary curl;
  const SharedLibrary library(curl_library_file);
  library.find("curl_easy_init", curl.easy_init);
  library.find("curl_easy_cleanup", curl.easy_cleanup);
  library.find("curl_easy_setopt", curl.easy_setopt);
  library.find("curl_easy_perform", curl.easy_perform);
  library.find("curl_easy_getinfo", curl.easy_getinfo);
  library.find("curl_slist_append", curl.slist_append);
  library.find("curl_slist_free_all", curl.slist_free_all);
  return curl;
}

/// Null when libcurl is not installed.
const CurlLibrary* curl_library() {
  static const CurlLibrary curl = load();
  return curl.complete() ? &curl : nullptr;
}

struct AnswerBody {
  std::string& text;
  std::size_t bytes_max;
  std::size_t read_bytes_max;
  std::size_t read_bytes = 0;
};

extern "C" std::size_t phalarope_http_take_body(char* bytes, std::size_t size, std::size_t count, void* answer) {
  auto& body = *static_cast<AnswerBody*>(answer);
  body.read_bytes += size * count;
  if (body.read_bytes > body.read_bytes_max) return 0;  // libcurl then ends the call
  body.text.append(bytes, std::min(size * count, body.bytes_max - std::min(body.text.size(), body.bytes_max)));
  return size * count;
}

extern "C" int phalarope_http_ask_cancel(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<FunctionRef<bool()>*>(cancelled))() ? 1 : 0;
}

HttpOutcome outcome_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return HttpOutcome::answered;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpOutcome::timed_out;
    case CURLE_ABORTED_BY_CALLBACK:
      return HttpOutcome::cancelled;
    case CURLE_COULDNT_CONNECT:
      return HttpOutcome::absent;
    default:
      return HttpOutcome::failed;  // curl's enum is open; all else is a failure
  }
}

}  // namespace

HttpAnswer call_http(const HttpCall& call, FunctionRef<bool()> cancelled) {
  const CurlLibrary* curl = curl_library();
  if (curl == nullptr) return {HttpOutcome::absent, 0, std::string(curl_library_file) + " is not installed"};
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl->easy_init(), curl->easy_cleanup);
  if (!handle) return {};
  HttpAnswer answer;
  AnswerBody body{.text = answer.body, .bytes_max = call.answer_bytes_max, .read_bytes_max = call.read_bytes_max};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, curl->slist_free_all);
  const auto add_header = [&](const std::string& header) {
    if (curl_slist* const longer = curl->slist_append(headers.get(), header.c_str()); longer != nullptr) {
      static_cast<void>(headers.release());
      headers.reset(longer);
    }
  };
  if (call.method != "GET") add_header("Content-Type: " + call.content_type);
  for (const std::string& header : call.headers) add_header(header);
  const auto set = [&](CURLoption option, auto value) { curl->easy_setopt(handle.get(), option, value); };
  const auto set_text = [&](CURLoption option, const std::string& text) {
    if (!text.empty()) set(option, text.c_str());
  };
  set_text(CURLOPT_USERNAME, call.user);
  set_text(CURLOPT_PASSWORD, call.password);
  set_text(CURLOPT_CAINFO, call.ca_file);
  set_text(CURLOPT_SSLCERT, call.certificate_file);
  set_text(CURLOPT_SSLKEY, call.key_file);
  set(CURLOPT_URL, call.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout_ms));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, phalarope_http_ask_cancel);
  set(CURLOPT_XFERINFODATA, &cancelled);
  set(CURLOPT_WRITEFUNCTION, phalarope_http_take_body);
  set(CURLOPT_WRITEDATA, &body);
  if (call.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
    set(CURLOPT_POSTFIELDS, call.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
  }
  if (headers) set(CURLOPT_HTTPHEADER, headers.get());
  answer.outcome = outcome_of(curl->easy_perform(handle.get()));
  long status = 0;
  curl->easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace phalarope::hal
