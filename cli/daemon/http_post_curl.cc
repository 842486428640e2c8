#include "cli/daemon/http_post_curl.h"

#ifdef SPYHOP_HAVE_CURL

#include <curl/curl.h>
#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "base/version.h"

namespace spyhop {
namespace {

// Opened when it is needed: it brings 30 libraries along, and to bind them costs every command 8
// ms.
struct LibCurl {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
};

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

// Null: it is not installed.
const LibCurl* OpenLibCurl() {
  static LibCurl found;
  void* library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  const bool whole = library != nullptr && Find(library, "curl_global_init", found.global_init) &&
                     Find(library, "curl_easy_init", found.easy_init) &&
                     Find(library, "curl_easy_cleanup", found.easy_cleanup) &&
                     Find(library, "curl_easy_setopt", found.easy_setopt) &&
                     Find(library, "curl_easy_perform", found.easy_perform) &&
                     Find(library, "curl_easy_getinfo", found.easy_getinfo) &&
                     Find(library, "curl_easy_strerror", found.easy_strerror) &&
                     Find(library, "curl_slist_append", found.slist_append) &&
                     Find(library, "curl_slist_free_all", found.slist_free_all);
  return whole && found.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? &found : nullptr;
}

const LibCurl* Curl() {
  static const LibCurl* const opened = OpenLibCurl();
  return opened;
}

struct CurlDeleter {
  void operator()(CURL* handle) const { Curl()->easy_cleanup(handle); }
  void operator()(curl_slist* list) const { Curl()->slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;
using CurlList = std::unique_ptr<curl_slist, CurlDeleter>;

void AddHeader(CurlList& list, const std::string& line) {
  curl_slist* longer = Curl()->slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

CurlList HeadersOf(const HttpRequest& request) {
  CurlList list;
  AddHeader(list, absl::StrCat("Content-Type: ", AbslView(request.content_type)));
  AddHeader(list, "Content-Encoding: gzip");
  AddHeader(list,
            "Expect:");  // Else curl asks first, and waits a second for servers that are mute.
  for (const auto& [name, value] : request.headers) {
    AddHeader(list, absl::StrCat(name, ": ", value));
  }
  return list;
}

// What has come of an answer.
struct Received {
  HttpAnswer answer;
  bool has_head = false;
  const std::atomic<bool>* cancelled = nullptr;
};

size_t TakeHeader(char* data, size_t size, size_t count, void* to) {
  auto& received = *static_cast<Received*>(to);
  const absl::string_view line(data, size * count);
  constexpr absl::string_view kName = "retry-after:";
  if (line == "\r\n") received.has_head = true;
  if (absl::StartsWithIgnoreCase(line, kName)) {
    const absl::string_view value = absl::StripAsciiWhitespace(line.substr(kName.size()));
    received.answer.retry_after.assign(value.data(), value.size());
  }
  return size * count;
}

size_t TakeBody(char* data, size_t size, size_t count, void* to) {
  std::string& body = static_cast<Received*>(to)->answer.body;
  const size_t taken = std::min(size * count, kLongestAnswer - body.size());
  body.append(data, taken);
  return taken;  // Less than it has: curl ends.
}

int IsCancelled(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Received*>(of)->cancelled->load() ? 1 : 0;
}

void Prepare(CURL* handle, const HttpRequest& request, const curl_slist* headers,
             Received& received) {
  Curl()->easy_setopt(handle, CURLOPT_URL, std::string(request.url).c_str());
  Curl()->easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
  Curl()->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  Curl()->easy_setopt(handle, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  Curl()->easy_setopt(handle, CURLOPT_USERAGENT, absl::StrCat("spyhop/", Version()).c_str());
  Curl()->easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  Curl()->easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  Curl()->easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                      static_cast<curl_off_t>(request.body.size()));
  Curl()->easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                      static_cast<long>(request.timeout / kMillisecond));
  Curl()->easy_setopt(handle, CURLOPT_HEADERFUNCTION, TakeHeader);
  Curl()->easy_setopt(handle, CURLOPT_HEADERDATA, &received);
  Curl()->easy_setopt(handle, CURLOPT_WRITEFUNCTION, TakeBody);
  Curl()->easy_setopt(handle, CURLOPT_WRITEDATA, &received);
  Curl()->easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  Curl()->easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, IsCancelled);
  Curl()->easy_setopt(handle, CURLOPT_XFERINFODATA, &received);
  // As OpenSSL's own programs; libcurl by itself does not look at it.
  if (const char* authorities = std::getenv("SSL_CERT_FILE")) {
    Curl()->easy_setopt(handle, CURLOPT_CAINFO, authorities);
  }
}

class CurlPoster : public HttpPoster {
 public:
  absl::StatusOr<HttpAnswer> Post(const HttpRequest& request) override {
    const CurlHandle handle(Curl()->easy_init());
    if (handle == nullptr) return absl::UnavailableError("libcurl gives no handle");
    Received received{.cancelled = &cancelled_};
    const CurlList headers = HeadersOf(request);
    Prepare(handle.get(), request, headers.get(), received);
    const CURLcode code = Curl()->easy_perform(handle.get());
    long status = 0;
    Curl()->easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    received.answer.status = static_cast<int>(status);
    if (received.has_head) return received.answer;
    if (cancelled_) return absl::CancelledError("the daemon ends");
    const char* why = Curl()->easy_strerror(code);
    if (code == CURLE_OPERATION_TIMEDOUT) return absl::DeadlineExceededError(why);
    return absl::UnavailableError(why);
  }

  void Cancel() override { cancelled_ = true; }

 private:
  std::atomic<bool> cancelled_{false};
};

}  // namespace

std::unique_ptr<HttpPoster> MakeCurlPoster() {
  return Curl() != nullptr ? std::make_unique<CurlPoster>() : nullptr;
}

}  // namespace spyhop

#else

namespace spyhop {

std::unique_ptr<HttpPoster> MakeCurlPoster() { return nullptr; }

}  // namespace spyhop

#endif  // SPYHOP_HAVE_CURL
