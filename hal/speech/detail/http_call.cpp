#include "hal/speech/detail/http_call.hpp"

#include <curl/curl.h>
#include <dlfcn.h>

#include <memory>
#include <string>
#include <utility>

#include "hal/speech/detail/action_output.hpp"

namespace phalarope::hal::detail {
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
  find(library, "curl_easy_getinfo", curl.easy_getinfo);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  return curl;
}

/// Null when libcurl is not installed.
const CurlLibrary* curl_library() {
  static const CurlLibrary curl = load();
  return curl.complete() ? &curl : nullptr;
}

/// An answer longer than this is no answer to a question of the house: the call fails instead of reading on.
constexpr std::size_t body_bytes_max = 64 * 1024;

struct Body {
  std::string& output;
  std::size_t taken_bytes = 0;
};

extern "C" std::size_t phalarope_action_take_body(char* bytes, std::size_t size, std::size_t count, void* argument) {
  Body& body = *static_cast<Body*>(argument);
  body.taken_bytes += size * count;
  if (body.taken_bytes > body_bytes_max) return 0;  // libcurl then ends the call
  append_bounded(body.output, bytes, size * count);
  return size * count;
}

/// What the server made of it: only 2xx means that it was done. A redirect is not followed (the host that was allowed
/// is the one that was asked), so the deed behind it was not done.
ActionOutcome outcome_of_status(const CurlLibrary& curl, CURL* call) {
  long status = 0;
  if (curl.easy_getinfo(call, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) return ActionOutcome::failed;
  return status >= 200 && status < 300 ? ActionOutcome::done : ActionOutcome::failed;
}

extern "C" int phalarope_action_ask_cancel(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<FunctionRef<bool()>*>(cancelled))() ? 1 : 0;
}

}  // namespace

ActionResult call_http(const Action& action, FunctionRef<bool()> cancelled) {
  const CurlLibrary* curl = curl_library();
  if (curl == nullptr) return {ActionOutcome::absent, "libcurl.so.4 is not installed"};
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> call(curl->easy_init(), curl->easy_cleanup);
  if (!call) return {ActionOutcome::failed, {}};
  ActionResult result;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl->slist_append(nullptr, "Content-Type: application/json"), curl->slist_free_all);
  const auto set = [&](CURLoption option, auto value) { curl->easy_setopt(call.get(), option, value); };
  set(CURLOPT_URL, action.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(action.timeout_ms));
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, phalarope_action_ask_cancel);
  set(CURLOPT_XFERINFODATA, &cancelled);
  set(CURLOPT_WRITEFUNCTION, phalarope_action_take_body);
  Body body{.output = result.output};
  set(CURLOPT_WRITEDATA, &body);
  if (action.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, action.method.c_str());
    set(CURLOPT_POSTFIELDS, action.body.c_str());
    set(CURLOPT_HTTPHEADER, headers.get());
  }
  switch (curl->easy_perform(call.get())) {
    case CURLE_OK:
      result.outcome = outcome_of_status(*curl, call.get());
      break;
    case CURLE_OPERATION_TIMEDOUT:
      result.outcome = ActionOutcome::timed_out;
      break;
    case CURLE_ABORTED_BY_CALLBACK:
      result.outcome = ActionOutcome::cancelled;
      break;
    case CURLE_COULDNT_CONNECT:
      result.outcome = ActionOutcome::absent;
      break;
    default:
      result.outcome = ActionOutcome::failed;
      break;  // curl's enum is open; all else is a failure
  }
  result.output = first_line(std::move(result.output));
  return result;
}

}  // namespace phalarope::hal::detail
