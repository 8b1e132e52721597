#include "hal/fleet/nats_sink.hpp"

#include <nats/nats.h>

#include <utility>

#include "core/engine/base/strong.hpp"
#include "hal/host/shared_library.hpp"

namespace phalarope::hal {
namespace {

/// A connection that went silent is found dead after two of these.
constexpr std::int64_t ping_interval_ms = 2000;
constexpr int pings_out_max = 2;
constexpr std::int64_t ns_per_hour = 3600 * ns_per_second;

/// The functions of libnats that are used.
struct NatsLibrary {
  decltype(&::natsOptions_Create) options_create = nullptr;
  decltype(&::natsOptions_Destroy) options_destroy = nullptr;
  decltype(&::natsOptions_SetURL) set_url = nullptr;
  decltype(&::natsOptions_SetName) set_name = nullptr;
  decltype(&::natsOptions_SetTimeout) set_timeout = nullptr;
  decltype(&::natsOptions_SetAllowReconnect) set_allow_reconnect = nullptr;
  decltype(&::natsOptions_SetPingInterval) set_ping_interval = nullptr;
  decltype(&::natsOptions_SetMaxPingsOut) set_pings_out_max = nullptr;
  decltype(&::natsOptions_SetErrorHandler) set_error_handler = nullptr;
  decltype(&::natsOptions_SetUserInfo) set_user_info = nullptr;
  decltype(&::natsOptions_SetToken) set_token = nullptr;
  decltype(&::natsOptions_SetUserCredentialsFromFiles) set_credentials = nullptr;
  decltype(&::natsOptions_SetSecure) set_secure = nullptr;
  decltype(&::natsOptions_LoadCATrustedCertificates) load_ca = nullptr;
  decltype(&::natsOptions_LoadCertificatesChain) load_certificate = nullptr;
  decltype(&::natsConnection_Connect) connect = nullptr;
  decltype(&::natsConnection_Destroy) connection_destroy = nullptr;
  decltype(&::natsConnection_Status) connection_status = nullptr;
  decltype(&::natsConnection_JetStream) jet_stream = nullptr;
  decltype(&::jsCtx_Destroy) context_destroy = nullptr;
  decltype(&::jsOptions_Init) js_options_init = nullptr;
  decltype(&::jsStreamConfig_Init) stream_config_init = nullptr;
  decltype(&::js_GetStreamInfo) stream_info = nullptr;
  decltype(&::js_AddStream) add_stream = nullptr;
  decltype(&::jsStreamInfo_Destroy) stream_info_destroy = nullptr;
  decltype(&::jsPubOptions_Init) publish_options_init = nullptr;
  decltype(&::js_Publish) publish = nullptr;
  decltype(&::jsPubAck_Destroy) ack_destroy = nullptr;
  bool complete = false;

  NatsLibrary() {
    const SharedLibrary library(nats_library_file);
    bool all = library.loaded();
    const auto find = [&](const char* name, auto& function) {
      library.find(name, function);
      all = all && function != nullptr;
    };
    find("natsOptions_Create", options_create);
    find("natsOptions_Destroy", options_destroy);
    find("natsOptions_SetURL", set_url);
    find("natsOptions_SetName", set_name);
    find("natsOptions_SetTimeout", set_timeout);
    find("natsOptions_SetAllowReconnect", set_allow_reconnect);
    find("natsOptions_SetPingInterval", set_ping_interval);
    find("natsOptions_SetMaxPingsOut", set_pings_out_max);
    find("natsOptions_SetErrorHandler", set_error_handler);
    find("natsOptions_SetUserInfo", set_user_info);
    find("natsOptions_SetToken", set_token);
    find("natsOptions_SetUserCredentialsFromFiles", set_credentials);
    find("natsOptions_SetSecure", set_secure);
    find("natsOptions_LoadCATrustedCertificates", load_ca);
    find("natsOptions_LoadCertificatesChain", load_certificate);
    find("natsConnection_Connect", connect);
    find("natsConnection_Destroy", connection_destroy);
    find("natsConnection_Status", connection_status);
    find("natsConnection_JetStream", jet_stream);
    find("jsCtx_Destroy", context_destroy);
    find("jsOptions_Init", js_options_init);
    find("jsStreamConfig_Init", stream_config_init);
    find("js_GetStreamInfo", stream_info);
    find("js_AddStream", add_stream);
    find("jsStreamInfo_Destroy", stream_info_destroy);
    find("jsPubOptions_Init", publish_options_init);
    find("js_Publish", publish);
    find("jsPubAck_Destroy", ack_destroy);
    complete = all;
  }
};

const NatsLibrary& nats_library() {
  static const NatsLibrary library;
  return library;
}

/// The library's own handler writes to standard error; what went wrong is told by send()'s answer.
extern "C" void phalarope_nats_error(natsConnection*, natsSubscription*, natsStatus, void*) {}

/// The library's own words name addresses; these do not.
std::string problem_of(natsStatus status) {
  switch (status) {
    case NATS_TIMEOUT:
      return "the stream did not acknowledge within export.timeout_ms";
    case NATS_NO_SERVER:
    case NATS_CONNECTION_CLOSED:
    case NATS_CONNECTION_DISCONNECTED:
      return "no NATS server answers there, or it closed the connection";
    case NATS_CONNECTION_AUTH_FAILED:
      return "the NATS server refuses these credentials";
    case NATS_SECURE_CONNECTION_WANTED:
      return "the NATS server does not encrypt; give nats:// instead of tls://, or give it a certificate";
    case NATS_SECURE_CONNECTION_REQUIRED:
      return "the NATS server wants encryption; give tls:// instead of nats://";
    case NATS_SSL_ERROR:
      return "TLS failed: check export.ca_file, the server's name and its certificate";
    case NATS_NO_RESPONDERS:
      return "no stream takes these subjects; is JetStream on, and export.domain right?";
    case NATS_NOT_PERMITTED:
      return "the NATS server does not permit it";
    case NATS_MAX_PAYLOAD:
      return "the record is larger than the server's max_payload";
    default:
      return "NATS status " + std::to_string(static_cast<int>(status));
  }
}

}  // namespace

/// One connection, from its making to its end.
struct NatsSink::Session {
  explicit Session(const NatsLibrary& library) : nats(library) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    nats.context_destroy(context);
    nats.connection_destroy(connection);
  }

  natsStatus open(const fleet::ExportSettings& settings, const std::string& token);
  natsStatus find_or_make_stream(const fleet::ExportSettings& settings);
  bool alive() const { return nats.connection_status(connection) == NATS_CONN_STATUS_CONNECTED; }

  const NatsLibrary& nats;
  natsConnection* connection = nullptr;
  jsCtx* context = nullptr;
};

natsStatus NatsSink::Session::open(const fleet::ExportSettings& settings, const std::string& token) {
  natsOptions* made = nullptr;
  natsStatus status = nats.options_create(&made);
  const std::unique_ptr<natsOptions, decltype(&natsOptions_Destroy)> options(made, nats.options_destroy);
  const auto then = [&status](auto step) {
    if (status == NATS_OK) status = step();
  };
  const fleet::ExportTarget& target = settings.target;
  then([&] { return nats.set_url(made, target.server.c_str()); });
  then([&] { return nats.set_name(made, settings.board.c_str()); });
  then([&] { return nats.set_timeout(made, settings.timeout_ms); });
  then([&] { return nats.set_allow_reconnect(made, false); });
  then([&] { return nats.set_ping_interval(made, ping_interval_ms); });
  then([&] { return nats.set_pings_out_max(made, pings_out_max); });
  then([&] { return nats.set_error_handler(made, phalarope_nats_error, nullptr); });
  if (!settings.credentials_file.empty())
    then([&] { return nats.set_credentials(made, settings.credentials_file.c_str(), nullptr); });
  if (!token.empty()) then([&] { return nats.set_token(made, token.c_str()); });
  if (!target.user.empty())
    then([&] { return nats.set_user_info(made, target.user.c_str(), target.password.c_str()); });
  if (target.encrypted) then([&] { return nats.set_secure(made, true); });
  if (!settings.ca_file.empty()) then([&] { return nats.load_ca(made, settings.ca_file.c_str()); });
  if (!settings.certificate_file.empty()) {
    then([&] { return nats.load_certificate(made, settings.certificate_file.c_str(), settings.key_file.c_str()); });
  }
  then([&] { return nats.connect(&connection, made); });
  jsOptions js;
  nats.js_options_init(&js);
  js.Wait = settings.timeout_ms;
  if (!settings.domain.empty()) js.Domain = settings.domain.c_str();
  then([&] { return nats.jet_stream(&context, connection, &js); });
  then([&] { return find_or_make_stream(settings); });
  return status;
}

natsStatus NatsSink::Session::find_or_make_stream(const fleet::ExportSettings& settings) {
  jsStreamInfo* found = nullptr;
  jsErrCode error{};
  const natsStatus status = nats.stream_info(&found, context, settings.target.stream.c_str(), nullptr, &error);
  nats.stream_info_destroy(found);
  if (status == NATS_OK || error != JSStreamNotFoundErr) {
    // A board may be allowed to publish and nothing else: then publishing tells.
    return status == NATS_TIMEOUT || status == NATS_NO_RESPONDERS || status == NATS_CONNECTION_CLOSED ? status
                                                                                                      : NATS_OK;
  }
  jsStreamConfig config;
  nats.stream_config_init(&config);
  const char* subjects[] = {"phalarope.*.*.evidence.>"};
  config.Name = settings.target.stream.c_str();
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Storage = js_FileStorage;
  config.Duplicates = stream_duplicates_hours * ns_per_hour;
  jsStreamInfo* made = nullptr;
  const natsStatus added = nats.add_stream(&made, context, &config, nullptr, &error);
  nats.stream_info_destroy(made);
  // Another board may have made it meanwhile.
  return error == JSStreamNameExistErr ? NATS_OK : added;
}

NatsSink::NatsSink(const fleet::ExportSettings& settings, std::string token)
    : settings_(settings), token_(std::move(token)) {}

NatsSink::~NatsSink() = default;

std::string NatsSink::connect() {
  const NatsLibrary& library = nats_library();
  if (!library.complete) return std::string(nats_library_file) + " is not installed; apt-get install libnats3.4";
  auto session = std::make_unique<Session>(library);
  const natsStatus status = session->open(settings_, token_);
  if (status != NATS_OK) return problem_of(status);
  session_ = std::move(session);
  return {};
}

SendAnswer NatsSink::send(const EvidenceMessage& message) {
  const auto not_arrived = [](std::string problem) {
    return SendAnswer{.arrived = false, .duplicate = false, .problem = std::move(problem)};
  };
  if (given_up_.load(std::memory_order_relaxed)) return not_arrived("given up");
  if (session_ != nullptr && !session_->alive()) session_.reset();
  if (session_ == nullptr) {
    if (std::string problem = connect(); !problem.empty()) return not_arrived(std::move(problem));
  }
  const NatsLibrary& nats = session_->nats;
  const std::string id(message.id);
  const std::string subject = fleet::evidence_subject(settings_, message.kind);
  jsPubOptions options;
  nats.publish_options_init(&options);
  options.MaxWait = settings_.timeout_ms;
  options.MsgId = id.c_str();
  options.ExpectStream = settings_.target.stream.c_str();
  jsPubAck* ack = nullptr;
  jsErrCode error{};
  const natsStatus status = nats.publish(&ack, session_->context, subject.c_str(), message.body.data(),
                                         static_cast<int>(message.body.size()), &options, &error);
  const bool duplicate = ack != nullptr && ack->Duplicate;
  nats.ack_destroy(ack);
  if (status == NATS_OK) return {.arrived = true, .duplicate = duplicate, .problem = {}};
  if (error != 0) return not_arrived("the stream refuses, JetStream error " + std::to_string(static_cast<int>(error)));
  return not_arrived(problem_of(status));
}

}  // namespace phalarope::hal
