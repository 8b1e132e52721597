#include "firmware_images/phalarope/fork_nodes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "core/engine/plan/materialize.hpp"

namespace phalarope::program {
namespace {

constexpr std::array<std::string_view, 3> local_providers = {"pocketsphinx", "intents", "flite"};
constexpr std::string_view forms =
    "stt=pocketsphinx, llm=intents (with --intents FILE), tts=flite, tts=flite:kal16, tts=flite:slt@900 (speed in "
    "1/1000)";

std::string_view modality_of(const NodeDefinition& node) {
  switch (node.modality) {
    case Modality::stt:
      return "stt";
    case Modality::llm:
      return "llm";
    case Modality::tts:
      return "tts";
    default:
      return {};
  }
}

std::expected<void, std::string> read_voice(std::string_view text, hal::SynthesiserConfig& voice) {
  constexpr std::int64_t speed_permille_min = 300;
  constexpr std::int64_t speed_permille_max = 3000;
  if (const std::size_t at = text.find('@'); at != text.npos) {
    const std::string_view digits = text.substr(at + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), voice.speed_permille);
    if (error != std::errc{} || end != digits.data() + digits.size() || voice.speed_permille < speed_permille_min ||
        voice.speed_permille > speed_permille_max) {
      return std::unexpected("a speed is 300 to 3000, in 1/1000 of the voice's own");
    }
    text = text.substr(0, at);
  }
  if (text == "flite" || text == "flite:slt") {
    voice.voice = hal::FliteVoice::slt;
  } else if (text == "flite:kal16") {
    voice.voice = hal::FliteVoice::kal16;
  } else {
    return std::unexpected("no such local provider");
  }
  return {};
}

std::expected<std::optional<hal::Intents>, std::string> read_intents_of(const std::vector<std::string>& paths) {
  if (paths.empty()) return std::nullopt;
  auto intents = hal::read_intents(paths);
  if (intents) return *std::move(intents);
  std::string lines;
  for (const hal::IntentsError& error : intents.error()) lines += (lines.empty() ? "" : "\n") + error.text();
  return std::unexpected(lines);
}

class Chooser {
 public:
  explicit Chooser(const ForkNodeRequest& request) : request_(request) {}

  std::expected<ForkNodeChoice, std::string> choose() {
    choice_.recorded.graph = request_.recorded.graph;
    choice_.forked.graph = request_.forked.graph;
    choice_.forked.external = request_.external;
    auto recorded_intents = read_intents_of(request_.recorded_intents);
    if (!recorded_intents) return std::unexpected(recorded_intents.error());
    auto intents = read_intents_of(request_.intents);
    if (!intents) return std::unexpected(intents.error());
    choice_.recorded.intents = *std::move(recorded_intents);
    choice_.forked.intents = *intents ? *std::move(intents) : choice_.recorded.intents;
    compare_plans();
    if (!request_.intents.empty()) change("llm", "the dialogue answers from " + request_.intents.front());
    for (const std::string& provider : request_.providers) {
      if (auto taken = take(provider); !taken) return std::unexpected(taken.error());
    }
    return std::move(choice_);
  }

 private:
  void compare_plans() {
    const auto& was = request_.recorded.graph.nodes;
    const auto& is = request_.forked.graph.nodes;
    choice_.answers.assign(is.size(), replay::NodeAnswers::recorded);
    for (std::size_t i = 0; i < is.size(); ++i) {
      const std::string_view modality = modality_of(is[i]);
      if (modality.empty()) continue;
      const std::string now = provider_of(request_.forked, modality);
      const bool same_place = i < was.size() && was[i].id == is[i].id && was[i].type == is[i].type;
      const std::string then = provider_of(request_.recorded, modality);
      if (same_place && std::ranges::find(local_providers, then) == local_providers.end()) {
        choice_.recorded.external.emplace_back(is[i].id.view());
      }
      if (same_place && now == then) continue;
      choice_.answers[i] = replay::NodeAnswers::forked;
      choice_.changes.push_back(std::string(is[i].id.view()) + ": " + now + " instead of " + then);
    }
  }

  void change(std::string_view modality, std::string words) {
    for (std::size_t i = 0; i < request_.forked.graph.nodes.size(); ++i) {
      if (modality_of(request_.forked.graph.nodes[i]) == modality) choice_.answers[i] = replay::NodeAnswers::forked;
    }
    choice_.changes.push_back(std::move(words));
  }

  std::expected<void, std::string> take(const std::string& provider) {
    const std::size_t equals = provider.find('=');
    const std::string modality = provider.substr(0, equals);
    const std::string value = equals == std::string::npos ? std::string() : provider.substr(equals + 1);
    const auto wrong = [&](const std::string& why) {
      return std::unexpected("--provider " + provider + ": " + why + "; what can answer here: " + std::string(forms));
    };
    if (modality == "tts") {
      if (auto voice = read_voice(value, choice_.forked.voice); !voice) return wrong(voice.error());
      forget_external("tts");
    } else if (modality == "stt" && value == "pocketsphinx") {
      if (!choice_.forked.intents) return wrong("a recogniser listens for phrases; give --intents FILE");
      forget_external("stt");
    } else if (modality == "llm" && value == "intents") {
      if (!choice_.forked.intents) return wrong("the phrases and answers are missing; give --intents FILE");
      forget_external("llm");
    } else {
      return wrong(value.empty() ? "give NAME=PROVIDER" : "no such local provider");
    }
    change(modality, modality + " is " + value);
    return {};
  }

  void forget_external(std::string_view modality) {
    for (const NodeDefinition& node : request_.forked.graph.nodes) {
      if (modality_of(node) == modality) std::erase(choice_.forked.external, std::string(node.id.view()));
    }
  }

  const ForkNodeRequest& request_;
  ForkNodeChoice choice_;
};

}  // namespace

std::string provider_of(const CompiledPipeline& pipeline, std::string_view modality) {
  const auto prepared = std::make_unique<PreparedPlan>();
  if (!prepare(pipeline.plan, *prepared)) return "none";
  for (const ProviderBinding& binding : prepared->plan.provider_bindings) {
    if (binding.modality.view() == modality) return std::string(binding.provider.view());
  }
  return "none";
}

std::expected<ForkNodeChoice, std::string> choose_fork_nodes(const ForkNodeRequest& request) {
  return Chooser(request).choose();
}

}  // namespace phalarope::program
