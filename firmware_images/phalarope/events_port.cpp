#include "firmware_images/phalarope/events_port.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "core/engine/plan/white_space.hpp"
#include "hal/host/pipeline_names.hpp"

namespace phalarope::program {
namespace {

constexpr std::size_t line_bytes_max = 1024UL * 1024UL;
/// What a slow reader may leave waiting; beyond it the feed's ring fills, and its notice tells what was missed.
constexpr std::size_t unwritten_bytes_max = 256UL * 1024UL;
/// Answers to a peer have as much room again: they are asked for, one by one.
constexpr std::size_t unwritten_bytes_with_answers_max = 2 * unwritten_bytes_max;
constexpr int nobody = -1;

std::expected<int, std::string> open_side(const std::string& option, const std::string& path, int standard, int flags) {
  if (path.empty()) return nobody;
  const auto refused = [&](const char* why) {
    return std::unexpected(option + ": `" + path + "`: " + why + "; give a file, a FIFO, or - for the standard one");
  };
  const int opened = path == "-" ? ::dup(standard) : ::open(path.c_str(), flags | O_CLOEXEC, 0640);
  if (opened < 0) return refused(std::strerror(errno));
  struct stat about{};
  if (::fstat(opened, &about) != 0 || S_ISDIR(about.st_mode)) {
    ::close(opened);
    return refused("is a directory");
  }
  static_cast<void>(::fcntl(opened, F_SETFL, ::fcntl(opened, F_GETFL) | O_NONBLOCK));
  return opened;
}

/// A terminal is shared with the shell that started us: it gets its waiting back.
void give_back(int side) {
  static_cast<void>(::fcntl(side, F_SETFL, ::fcntl(side, F_GETFL) & ~O_NONBLOCK));
  ::close(side);
}

/// A FIFO opened for both ways has no end while its writer comes and goes, and needs no reader to be opened.
int flags_of_input(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && S_ISFIFO(about.st_mode) ? O_RDWR : O_RDONLY;
}

replay::RecordingNames names_of(const hal::Conversation& conversation) {
  replay::RecordingNames names;
  names.session_id = conversation.settings().session_id;
  names.pipeline_version = conversation.settings().pipeline.plan.pipeline_version.view();
  hal::name_pipeline(conversation.pipeline_record(), names);
  return names;
}

hal::BorderSettings border_settings(const EventsPortOptions& options) {
  spec::IngressSettings ingress{.default_payload_class = std::string(spec::session_payload_class)};
  ingress.unknown_event_action =
      spec::find_unknown_event_action(options.unknown).value_or(spec::UnknownEventAction::reject);
  return {.ingress = std::move(ingress), .bootstrap_epoch = hal::Conversation::first_epoch};
}

}  // namespace

std::expected<std::unique_ptr<EventsPort>, std::string> EventsPort::open(hal::Conversation& conversation,
                                                                         const EventsPortOptions& options) {
  if (!options.wanted()) return nullptr;
  const auto source = open_side("--events-in", options.in, STDIN_FILENO, flags_of_input(options.in));
  if (!source) return std::unexpected(source.error());
  const auto sink = open_side("--events-out", options.out, STDOUT_FILENO, O_RDWR | O_CREAT | O_APPEND);
  if (!sink) {
    if (*source != nobody) ::close(*source);
    return std::unexpected(sink.error());
  }
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is EPIPE, and no reason to fall silent
  return std::unique_ptr<EventsPort>(new EventsPort(conversation, options, *source, *sink));
}

EventsPort::EventsPort(hal::Conversation& conversation, const EventsPortOptions& options, int in, int out)
    : conversation_(conversation), border_(border_settings(options), names_of(conversation)), in_(in), out_(out) {}

EventsPort::~EventsPort() {
  for (const int side : {in_, out_}) {
    if (side != nobody) give_back(side);
  }
}

void EventsPort::serve(std::chrono::milliseconds wait) {
  pollfd watched{.fd = in_, .events = POLLIN, .revents = 0};
  if (in_ == nobody) {
    std::this_thread::sleep_for(wait);
  } else if (::poll(&watched, 1, static_cast<int>(wait.count())) > 0 && !read_lines()) {
    give_back(in_);  // a plain file has been read
    in_ = nobody;
  }
  write_pending();
  Event signal;
  while (unwritten_.size() < unwritten_bytes_max && conversation_.hear(signal)) {
    if (const auto message = border_.give(signal)) write(*message);
  }
}

/// False at the end of a file.
bool EventsPort::read_lines() {
  std::array<char, 16384> chunk;
  ssize_t got = 0;
  while ((got = ::read(in_, chunk.data(), chunk.size())) > 0) {
    take_text({chunk.data(), static_cast<std::size_t>(got)});
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  take_text("\n");  // the last line may have no line feed
  return false;
}

void EventsPort::take_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!skipping_) unread_ += text.substr(0, end);
    skipping_ = unread_.size() > line_bytes_max;
    if (end == std::string_view::npos) return;
    take_line(unread_);  // too long: refused by the border, with its size
    unread_.clear();
    skipping_ = false;
    text.remove_prefix(end + 1);
  }
}

void EventsPort::take_line(std::string_view line) {
  if (is_blank(line)) return;
  const hal::Clock& clock = conversation_.clock();
  const hal::Intake taken = border_.take(std::as_bytes(std::span(line)), clock.now(), clock.wall());
  for (const Event& event : taken.events) {
    for (int tries = 0; !conversation_.tell(event) && tries < 100; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the engine empties its ring every period
    }
  }
  for (const spec::AbiElement& element : taken.passed_through) write(border_.write(element.kind, element.document));
  for (const spec::JsonValue& note : taken.notes) write(border_.write("note", note));
  for (const hal::Message& reply : taken.replies) write(reply);
}

void EventsPort::write(const hal::Message& message) {
  if (out_ == nobody || unwritten_.size() + message.size() > unwritten_bytes_with_answers_max) return;
  unwritten_.append(reinterpret_cast<const char*>(message.data()), message.size());
  write_pending();
}

void EventsPort::write_pending() {
  while (out_ != nobody && !unwritten_.empty()) {
    const ssize_t put = ::write(out_, unwritten_.data(), unwritten_.size());
    if (put <= 0) return;
    unwritten_.erase(0, static_cast<std::size_t>(put));
  }
}

}  // namespace phalarope::program
