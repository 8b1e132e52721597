// phalarope abi: the event ABI at one's fingertips: the gateway, ingress, the two encodings, the published schemas.
//
// A batch is a file of lines {"kind": KIND, "doc": {...}}, as `phalarope validate --jsonl` reads them, and is answered
// as one JSON object. Contract: runtime.md 1.9-1.11.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "core/spec/abi_ingress.hpp"
#include "core/spec/artifact_codec.hpp"
#include "core/spec/artifact_schema.hpp"
#include "core/spec/json_edit.hpp"
#include "core/spec/wire_form.hpp"
#include "firmware_images/phalarope/commands.hpp"
#include "firmware_images/phalarope/console.hpp"

namespace phalarope::program {
namespace {

struct AbiOptions {
  std::string kind;
  std::string file;
  std::string payload_class{spec::session_payload_class};
  std::string codec;
  std::string unknown_event_action = "reject";
  std::string transport;
  std::vector<std::string> encodings;
  std::vector<std::string> compressions;
};

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// Nothing when a complaint was made.
std::optional<std::vector<spec::AbiElement>> read_batch(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    complain("`" + path + "` cannot be read; give a file with one {\"kind\", \"doc\"} per line");
    return std::nullopt;
  }
  std::vector<spec::AbiElement> batch;
  std::istringstream lines(*text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto request = spec::parse_strict_json(line);
    const spec::JsonValue* const document = request ? request->find("doc") : nullptr;
    if (document == nullptr) {
      complain(fmt::format("{}:{}: {}", path, number, request ? "the line has no \"doc\"" : request.error()));
      return std::nullopt;
    }
    batch.push_back({.kind = std::string(spec::member_text(*request, "kind")), .document = *document});
    batch.back().document.name.clear();
  }
  return batch;
}

spec::JsonValue elements_json(std::string name, const std::vector<spec::AbiElement>& elements) {
  std::vector<spec::JsonValue> items;
  for (const spec::AbiElement& element : elements) {
    spec::JsonValue document = element.document;
    document.name = "doc";
    items.push_back(spec::json_object("", {spec::json_text("kind", element.kind), std::move(document)}));
  }
  return spec::json_list(std::move(name), std::move(items));
}

void print_json(const spec::JsonValue& value) {
  std::string text;
  spec::append_json(text, value);
  fmt::print("{}\n", text);
}

int run_gateway(const AbiOptions& options) {
  auto batch = read_batch(options.file);
  if (!batch) return exit_usage;
  const auto passed = spec::pass_gateway(*std::move(batch));
  if (passed) {
    print_json(spec::json_object("", {spec::json_boolean("passed", true), elements_json("batch", *passed)}));
    return exit_done;
  }
  const spec::AbiFault& fault = passed.error();
  print_json(spec::json_object(
      "", {spec::json_boolean("passed", false), spec::json_integer("index", static_cast<std::int64_t>(fault.index)),
           spec::json_text("path", fault.violation.path), spec::json_text("rule", fault.violation.rule)}));
  return exit_no;
}

int run_ingress(const AbiOptions& options) {
  const auto action = spec::find_unknown_event_action(options.unknown_event_action);
  if (!action) return complain("--unknown-event-action is one of reject, drop, pass_through");
  auto batch = read_batch(options.file);
  if (!batch) return exit_usage;
  const spec::IngressSettings settings = {
      .default_payload_class = options.payload_class == "none" ? "" : options.payload_class,
      .source_codec = options.codec,
      .unknown_event_action = *action};
  const spec::IngressMoment moment = {
      .session_id = "session", .pipeline_version = "pipeline-v1", .event_id = "evt/session/session/000001"};
  const spec::Ingress ingress = spec::take_in(*std::move(batch), settings, moment);
  std::vector<spec::JsonValue> members = {elements_json("accepted", ingress.accepted),
                                          elements_json("passed_through", ingress.passed_through),
                                          spec::json_list("audit", ingress.audit)};
  const auto add = [&members](const char* name, const std::optional<spec::JsonValue>& document) {
    if (!document) return;
    members.push_back(*document);
    members.back().name = name;
  };
  add("error", ingress.error);
  add("signal", ingress.reject_signal);
  print_json(spec::json_object("", std::move(members)));
  return ingress.fault ? exit_no : exit_done;
}

int refuse_artifact(const AbiOptions& options, const spec::Violation& violation) {
  const std::string path = violation.path.empty() ? "" : violation.path + ": ";
  return complain(options.file + ": " + path + violation.rule, exit_no);
}

int run_convert(const AbiOptions& options) {
  const auto text = read_file(options.file);
  if (!text) return complain("`" + options.file + "` cannot be read");
  const auto bytes_in = std::as_bytes(std::span(*text));
  if (spec::is_artifact_bytes(bytes_in)) {
    const auto artifact = spec::decode_artifact(bytes_in);
    if (!artifact) return refuse_artifact(options, artifact.error());
    if (artifact->kind != options.kind)
      return complain(options.file + " holds a " + std::string(artifact->kind), exit_no);
    print_json(artifact->document);
    return exit_done;
  }
  const auto document = spec::parse_strict_json(*text);
  if (!document) return refuse_artifact(options, {.rule = "R 1.1: " + document.error(), .path = ""});
  const auto bytes = spec::encode_artifact(options.kind, *document);
  if (!bytes) return refuse_artifact(options, bytes.error());
  std::fwrite(bytes->data(), 1, bytes->size(), stdout);
  return exit_done;
}

int run_schema(const AbiOptions& options) {
  const std::string schema = spec::artifact_schema(options.kind);
  if (schema.empty()) {
    return complain(fmt::format("no schema of `{}`; use {}", options.kind, fmt::join(spec::artifact_kinds, ", ")));
  }
  fmt::print("{}", schema);
  return exit_done;
}

int run_negotiate(const AbiOptions& options) {
  const spec::SupportedForms* const supported = spec::find_supported_forms(options.transport);
  if (supported == nullptr) {
    return complain("no transport `" + options.transport + "`; use local, websocket, telephony or livekit");
  }
  const std::vector<std::string_view> encodings(options.encodings.begin(), options.encodings.end());
  const std::vector<std::string_view> compressions(options.compressions.begin(), options.compressions.end());
  const auto form = spec::negotiate(*supported, {.encodings = encodings, .compressions = compressions});
  if (!form) return complain(form.error().sentence, exit_no);
  print_json(spec::json_object(
      "", {spec::json_text("encoding", std::string(spec::encoding_names[static_cast<std::size_t>(form->encoding)])),
           spec::json_text("compression",
                           std::string(spec::compression_names[static_cast<std::size_t>(form->compression)]))}));
  return exit_done;
}

}  // namespace

void add_abi(CLI::App& app, ChosenCommand& chosen) {
  auto options = std::make_shared<AbiOptions>();
  CLI::App* abi = app.add_subcommand("abi", "Try the event ABI: gateway, ingress, encodings, schemas");
  abi->require_subcommand(1);
  abi->footer(
      "A batch is a file of lines {\"kind\": KIND, \"doc\": {...}}; the answer is one JSON object.\n"
      "Example: phalarope abi ingress batch.jsonl --codec opus --unknown-event-action drop\n"
      "Exit code: 0 passed, 1 refused, 2 bad call");
  const auto add = [&](const char* name, const char* help, int (*run)(const AbiOptions&)) {
    CLI::App* command = abi->add_subcommand(name, help);
    command->callback([options, &chosen, run] { chosen = [options, run] { return run(*options); }; });
    return command;
  };
  add("gateway", "Normalise and judge a batch; whole or not at all", run_gateway)
      ->add_option("file", options->file, "The batch")
      ->required();
  CLI::App* ingress = add("ingress", "Classify a batch from a transport, then pass the gateway", run_ingress);
  ingress->add_option("file", options->file, "The batch")->required();
  ingress->add_option("--payload-class", options->payload_class, "Class of DataLane records that name none, or `none`")
      ->capture_default_str();
  ingress->add_option("--codec", options->codec, "Source codec of DataLane: pcm16, opus, pcmu, mulaw, pcma, alaw");
  ingress->add_option("--unknown-event-action", options->unknown_event_action, "reject, drop or pass_through")
      ->capture_default_str();
  CLI::App* convert = add("convert", "JSON to FlatBuffers, FlatBuffers to JSON, on stdout", run_convert);
  convert->add_option("kind", options->kind, "Kind of the artifact")->required();
  convert->add_option("file", options->file, "The artifact in either encoding")->required();
  CLI::App* form = add("negotiate", "The form a connection gets for an offer", run_negotiate);
  form->add_option("transport", options->transport, "local, websocket, telephony or livekit")->required();
  form->add_option("--encoding", options->encodings, "Offered encodings, best first: json, flatbuffers")
      ->delimiter(',');
  form->add_option("--compression", options->compressions, "Offered compressions, best first: none, zlib")
      ->delimiter(',');
  add("schema", "Print the JSON Schema of an artifact's kind", run_schema)
      ->add_option("kind", options->kind, "Kind of the artifact")
      ->required();
}

}  // namespace phalarope::program
