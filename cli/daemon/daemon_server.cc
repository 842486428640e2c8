#include "cli/daemon/daemon_server.h"

#include <signal.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "cli/daemon/answer_thread.h"
#include "cli/daemon/control_protocol.h"
#include "cli/daemon/http_protocol.h"
#include "cli/daemon/listener.h"
#include "cli/daemon/listening_sockets.h"
#include "cli/daemon/record_slots.h"

namespace spyhop {
namespace {

// A token that is needed keeps off whoever can reach the address: it must not be guessed.
constexpr size_t kShortestToken = 16;

absl::Status CheckToken(const HttpSocket& socket, const std::string& token) {
  if (token.empty() && socket.is_loopback) return absl::OkStatus();
  if (token.empty()) {
    return absl::InvalidArgumentError(
        "http: other machines can reach this address, so a token is needed: make one by `head -c 24 "
        "/dev/urandom | base64 > FILE; chmod 600 FILE` and set http-token-file = FILE");
  }
  if (token.size() >= kShortestToken) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "http: the token has fewer than 16 characters, so it could be guessed");
}

ServerFigures FiguresOf(std::string_view server, const ConnectionCounts& counts) {
  return {.server = server,
          .accepted = counts.accepted,
          .answered = counts.answered,
          .refused = counts.refused,
          .open = counts.open};
}

}  // namespace

// One door: its answers' thread, its protocol, its listener.
template <typename SpokenProtocol>
struct Door {
  ConnectionCounts counts;
  std::shared_ptr<AnswerThread> thread = std::make_shared<AnswerThread>();
  std::unique_ptr<SpokenProtocol> protocol;
  std::unique_ptr<Listener> listener;
};

class DaemonServer::Impl {
 public:
  explicit Impl(Fleet& fleet) : fleet_(fleet), keep_running_(loop_.get_executor()) {}
  ~Impl();

  absl::Status OpenControl(const ServerOptions& options);
  absl::Status OpenHttp(const ServerOptions& options);
  void Run();
  const std::string& http_address() const { return http_address_; }

 private:
  std::vector<ServerFigures> Servers() const {
    return {FiguresOf("control", control_.counts), FiguresOf("http", http_.counts)};
  }

  Fleet& fleet_;
  const std::shared_ptr<RecordSlots> slots_ = std::make_shared<RecordSlots>();
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running_;
  std::optional<ControlSocket> control_socket_;
  std::string http_address_;
  Door<ControlProtocol> control_;
  Door<HttpProtocol> http_;
  std::thread thread_;
};

absl::Status DaemonServer::Impl::OpenControl(const ServerOptions& options) {
  ControlPolicy policy{.own_user = geteuid(), .group = std::nullopt};
  if (!options.control_group.empty()) {
    const absl::StatusOr<gid_t> group = FindGroup(options.control_group);
    if (!group.ok()) return group.status();
    policy.group = *group;
  }
  absl::StatusOr<ControlSocket> socket = ControlSocket::Create(options.control, policy.group);
  if (!socket.ok()) return socket.status();
  control_socket_.emplace(*std::move(socket));
  control_.protocol =
      std::make_unique<ControlProtocol>(fleet_, policy, control_.thread, slots_);
  control_.listener = std::make_unique<Listener>(loop_, control_socket_->fd(), *control_.protocol,
                                                 control_.counts);
  return absl::OkStatus();
}

absl::Status DaemonServer::Impl::OpenHttp(const ServerOptions& options) {
  const absl::StatusOr<HttpSocket> socket = ListenForHttp(options.http);
  if (!socket.ok()) return socket.status();
  const absl::Status token = CheckToken(*socket, options.http_token);
  if (!token.ok()) return token;
  http_address_ = socket->address;
  http_.protocol = std::make_unique<HttpProtocol>(
      fleet_, HttpPolicy{options.http_token, socket->is_loopback, socket->host},
      HttpSources{options.health, options.more_metrics, [this] { return Servers(); }},
      http_.thread, slots_);
  http_.listener =
      std::make_unique<Listener>(loop_, socket->fd.get(), *http_.protocol, http_.counts);
  return absl::OkStatus();
}

void DaemonServer::Impl::Run() {
  thread_ = std::thread([this] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    loop_.run();
  });
}

// Answers first: what they call is still there. Then the loop; what is left belongs to this thread.
DaemonServer::Impl::~Impl() {
  control_.thread->Stop();
  http_.thread->Stop();
  loop_.stop();
  if (thread_.joinable()) thread_.join();
  control_.listener = nullptr;
  http_.listener = nullptr;
}

DaemonServer::DaemonServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DaemonServer::~DaemonServer() = default;

absl::StatusOr<std::unique_ptr<DaemonServer>> DaemonServer::Create(const ServerOptions& options,
                                                                   Fleet& fleet) {
  auto impl = std::make_unique<Impl>(fleet);
  absl::Status status;
  if (!options.control.empty()) status = impl->OpenControl(options);
  if (status.ok() && !options.http.empty()) status = impl->OpenHttp(options);
  if (!status.ok()) return status;
  impl->Run();
  return std::unique_ptr<DaemonServer>(new DaemonServer(std::move(impl)));
}

const std::string& DaemonServer::http_address() const { return impl_->http_address(); }

}  // namespace spyhop
