#include "cli/daemon/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <list>
#include <utility>

namespace spyhop {
namespace {

namespace asio = boost::asio;
using Stream = asio::generic::stream_protocol;
using Error = boost::system::error_code;

// How long, and for how many bytes, we listen on after our reply: a socket that is closed with
// bytes unread resets the connection, and the other side may lose the reply.
constexpr Nanos kLingerTime = kSecond;
constexpr size_t kLingerBytes = size_t{64} << 10;
// After an accept that failed: there are no descriptors, or no memory.
constexpr Nanos kAcceptPause = 100 * kMillisecond;

class Connection;

// What a connection needs of its listener.
class Owner {
 public:
  virtual ~Owner() = default;
  virtual void Closed(Connection& connection) = 0;
  Protocol* protocol = nullptr;
  ConnectionCounts* counts = nullptr;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class State : uint8_t { kReading, kAnswering, kWriting, kLingering, kClosed };

  Connection(Stream::socket socket, std::string who, Owner& owner)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        who_(std::move(who)),
        owner_(&owner),
        limits_(owner.protocol->limits()) {}

  void Start() {
    request_.reserve(512);
    SetDeadline(limits_.request_time);
    Read();
  }
  State state() const { return state_; }
  // Without a word.
  void Close() {
    if (state_ == State::kClosed) return;
    state_ = State::kClosed;
    Error ignored;
    socket_.close(ignored);
    timer_.cancel();
    owner_->Closed(*this);
  }

 private:
  template <typename Handler>
  auto Bound(Handler handler) {
    return [self = shared_from_this(), handler](const Error& error, size_t size) {
      if (self->state_ != State::kClosed) handler(*self, error, size);
    };
  }

  void Read() {
    socket_.async_read_some(asio::buffer(piece_),
                            Bound([](Connection& c, const Error& error, size_t size) {
                              error ? c.Close() : c.Take(size);
                            }));
  }

  void Take(size_t size) {
    const size_t looked_at = request_.size();
    request_.append(piece_.data(), std::min(size, limits_.request_bytes + 1 - looked_at));
    if (owner_->protocol->IsWhole(request_, looked_at)) return Answer();
    if (request_.size() > limits_.request_bytes) return Refuse(owner_->protocol->TooLarge());
    Read();
  }

  void Answer() {
    if (request_.size() > limits_.request_bytes) return Refuse(owner_->protocol->TooLarge());
    state_ = State::kAnswering;
    timer_.cancel();
    ++deadlines_;
    // The answer may come when all of this is gone: it has the loop's word only while that runs.
    owner_->protocol->Answer(
        request_, who_,
        [weak = weak_from_this(), executor = socket_.get_executor()](std::string reply) {
          asio::post(executor, [weak, reply = std::move(reply)]() mutable {
            if (const auto self = weak.lock()) self->Reply(std::move(reply));
          });
        });
  }

  void Reply(std::string reply) {
    if (state_ != State::kAnswering) return;
    ++owner_->counts->answered;
    Write(std::move(reply));
  }

  void Refuse(std::string reply) {
    ++owner_->counts->refused;
    Write(std::move(reply));
  }

  void Write(std::string reply) {
    state_ = State::kWriting;
    reply_ = std::move(reply);
    request_ = {};
    WriteMore(0);
  }

  void WriteMore(size_t from) {
    if (from == reply_.size()) return Linger();
    SetDeadline(limits_.stall_time);
    socket_.async_write_some(asio::buffer(reply_.data() + from, reply_.size() - from),
                             Bound([from](Connection& c, const Error& error, size_t size) {
                               error ? c.Close() : c.WriteMore(from + size);
                             }));
  }

  void Linger() {
    state_ = State::kLingering;
    reply_ = {};
    Error ignored;
    socket_.shutdown(Stream::socket::shutdown_send, ignored);
    SetDeadline(kLingerTime);
    ReadAway(kLingerBytes);
  }

  void ReadAway(size_t left) {
    socket_.async_read_some(asio::buffer(piece_),
                            Bound([left](Connection& c, const Error& error, size_t size) {
                              error || size > left ? c.Close() : c.ReadAway(left - size);
                            }));
  }

  void SetDeadline(Nanos time) {
    timer_.expires_after(std::chrono::nanoseconds(time));
    timer_.async_wait([self = shared_from_this(), which = ++deadlines_](const Error& error) {
      if (!error && which == self->deadlines_) self->Late();
    });
  }

  void Late() {
    if (state_ == State::kReading) return Refuse(owner_->protocol->TooSlow());
    if (state_ == State::kWriting) ++owner_->counts->refused;
    Close();
  }

  Stream::socket socket_;
  asio::steady_timer timer_;
  const std::string who_;
  Owner* owner_;
  const ConnectionLimits limits_;
  State state_ = State::kReading;
  uint64_t deadlines_ = 0;  // a deadline that was replaced may have fired already
  std::array<char, 4096> piece_;
  std::string request_;
  std::string reply_;
};

// What can be sent at once, and then read what is there already, for the reason above.
void SayAndClose(Stream::socket& socket, const std::string& text) {
  const int fd = socket.native_handle();
  send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  shutdown(fd, SHUT_WR);
  std::array<char, 8192> ignored;
  recv(fd, ignored.data(), ignored.size(), MSG_DONTWAIT);
  Error error;
  socket.close(error);
}

}  // namespace

class Listener::Impl : public Owner, public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& loop, int fd, Protocol& the_protocol, ConnectionCounts& the_counts)
      : acceptor_(loop), pause_(loop) {
    protocol = &the_protocol;
    counts = &the_counts;
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    Error error;
    acceptor_.assign(Stream(address.ss_family, 0), dup(fd), error);
  }

  void Accept() {
    acceptor_.async_accept([self = shared_from_this()](const Error& error, Stream::socket socket) {
      if (self->closed_) return;
      if (error) return self->Pause();
      self->Take(std::move(socket));
      self->Accept();
    });
  }

  void CloseAll() {
    closed_ = true;
    Error ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    while (!connections_.empty()) std::shared_ptr(connections_.front())->Close();
  }

  void Closed(Connection& connection) override {
    connections_.remove_if([&](const auto& each) { return each.get() == &connection; });
    counts->open = connections_.size();
  }

 private:
  void Take(Stream::socket socket) {
    ++counts->accepted;
    std::string refusal;
    const std::optional<std::string> who = protocol->Admit(socket.native_handle(), refusal);
    if (who && connections_.size() >= protocol->limits().connections && !MakeRoom()) {
      refusal = protocol->TooMany();
    }
    if (!refusal.empty()) {
      ++counts->refused;
      return SayAndClose(socket, refusal);
    }
    connections_.push_back(std::make_shared<Connection>(std::move(socket), *who, *this));
    counts->open = connections_.size();
    connections_.back()->Start();
  }

  bool MakeRoom() {
    for (const Connection::State state : {Connection::State::kLingering, Connection::State::kReading}) {
      for (const auto& each : connections_) {
        if (each->state() != state) continue;
        if (state == Connection::State::kReading) ++counts->refused;
        std::shared_ptr(each)->Close();
        return true;
      }
    }
    return false;
  }

  void Pause() {
    pause_.expires_after(std::chrono::nanoseconds(kAcceptPause));
    pause_.async_wait([self = shared_from_this()](const Error& error) {
      if (!error && !self->closed_) self->Accept();
    });
  }

  asio::basic_socket_acceptor<Stream> acceptor_;
  asio::steady_timer pause_;
  std::list<std::shared_ptr<Connection>> connections_;  // the oldest first
  bool closed_ = false;
};

Listener::Listener(asio::io_context& loop, int fd, Protocol& protocol, ConnectionCounts& counts)
    : impl_(std::make_shared<Impl>(loop, fd, protocol, counts)) {
  impl_->Accept();
}

Listener::~Listener() { impl_->CloseAll(); }

}  // namespace spyhop
