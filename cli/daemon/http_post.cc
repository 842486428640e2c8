#include "cli/daemon/http_post.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "base/version.h"
#include "cli/daemon/http_post_curl.h"
#include "cli/daemon/push_url.h"

namespace spyhop {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Error = boost::system::error_code;
using Addresses = asio::ip::tcp::resolver::results_type;

constexpr int kHttp11 = 11;

boost::string_view BoostView(std::string_view text) { return {text.data(), text.size()}; }

// A request and its answer, step by step in `context`.
class Exchange {
 public:
  Exchange(asio::io_context& context, const HttpRequest& request, const HttpUrl& url)
      : resolver_(context), stream_(context) {
    message_.version(kHttp11);
    message_.method(http::verb::post);
    message_.target(url.target);
    message_.set(http::field::host, url.Authority());
    message_.set(http::field::user_agent, absl::StrCat("spyhop/", Version()));
    message_.set(http::field::content_type, BoostView(request.content_type));
    message_.set(http::field::content_encoding, "gzip");
    message_.set(http::field::connection, "close");
    for (const auto& [name, value] : request.headers) message_.set(name, value);
    message_.body() = {request.body.data(), request.body.size()};
    message_.prepare_payload();
    parser_.get().body().data = body_.data();
    parser_.get().body().size = body_.size();
    resolver_.async_resolve(url.host, url.port, [this](Error error, Addresses addresses) {
      Connect(error, addresses);
    });
  }

  // What has come of it so far.
  absl::StatusOr<HttpAnswer> Result() const {
    if (parser_.is_header_done()) return Answer();
    if (!done_) return absl::DeadlineExceededError(absl::StrCat("no answer in time: ", doing_));
    return absl::UnavailableError(absl::StrCat(doing_, ": ", error_.message()));
  }

 private:
  void Connect(Error error, const Addresses& addresses) {
    if (error) return End(error);
    doing_ = "connecting";
    stream_.async_connect(addresses, [this](Error e, const asio::ip::tcp::endpoint&) { Write(e); });
  }

  void Write(Error error) {
    if (error) return End(error);
    doing_ = "sending";
    // A server that refuses may answer and close before it has read all: its answer counts.
    http::async_write(stream_, message_, [this](Error, size_t) { Read(); });
  }

  void Read() {
    doing_ = "waiting for the answer";
    http::async_read(stream_, buffer_, parser_, [this](Error e, size_t) { End(e); });
  }

  void End(Error error) {
    error_ = error;
    done_ = true;
  }

  HttpAnswer Answer() const {
    const auto& message = parser_.get();
    HttpAnswer answer{.status = static_cast<int>(message.result_int())};
    const auto found = message.find(http::field::retry_after);
    if (found != message.end()) answer.retry_after = std::string(found->value());
    answer.body.assign(body_.data(), body_.size() - message.body().size);
    return answer;
  }

  asio::ip::tcp::resolver resolver_;
  beast::tcp_stream stream_;
  http::request<http::span_body<const char>> message_;
  beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
  std::array<char, kLongestAnswer> body_;
  const char* doing_ = "looking up the host's name";
  Error error_;
  bool done_ = false;
};

class BeastPoster : public HttpPoster {
 public:
  absl::StatusOr<HttpAnswer> Post(const HttpRequest& request) override {
    absl::StatusOr<HttpUrl> url = ParseHttpUrl(request.url);
    if (!url.ok()) return url.status();
    asio::io_context context(1);
    if (!Begin(&context)) return absl::CancelledError("the daemon ends");
    auto exchange = std::make_unique<Exchange>(context, request, *url);
    context.run_for(std::chrono::nanoseconds(request.timeout));
    const bool cancelled = !End();
    absl::StatusOr<HttpAnswer> result = exchange->Result();
    if (!result.ok() && cancelled) return absl::CancelledError("the daemon ends");
    return result;
  }

  void Cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (running_ != nullptr) running_->stop();
  }

 private:
  // False when it was cancelled; the next, too.
  bool Begin(asio::io_context* context) {
    const std::lock_guard lock(mutex_);
    running_ = context;
    return !cancelled_;
  }
  bool End() { return Begin(nullptr); }

  std::mutex mutex_;
  asio::io_context* running_ = nullptr;
  bool cancelled_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpPoster>> MakeHttpPoster(std::string_view url) {
  absl::StatusOr<HttpUrl> parsed = ParseHttpUrl(url);
  if (!parsed.ok()) return parsed.status();
  if (!parsed->is_tls) return std::make_unique<BeastPoster>();
  std::unique_ptr<HttpPoster> poster = MakeCurlPoster();
  if (poster != nullptr) return poster;
  return absl::InvalidArgumentError(
      absl::StrCat("cannot push to '", AbslView(url),
                   "': TLS is libcurl's, which is not installed, or this Spyhop was built without "
                   "it; install libcurl4, or use http:// to a proxy on this machine"));
}

}  // namespace spyhop
