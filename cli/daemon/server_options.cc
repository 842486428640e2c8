#include "cli/daemon/server_options.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/scoped_fd.h"
#include "report/escape.h"

namespace spyhop {
namespace {

absl::Status Wrong(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("http-token-file ", EscapeForTerminal(path), ": ", std::string(what)));
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  const ScopedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return Wrong(path, std::strerror(errno));
  struct stat info;
  if (fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return Wrong(path, "it is no file");
  if ((info.st_mode & S_IROTH) != 0) return Wrong(path, "others may read it; chmod o= it");
  std::array<char, 1024> bytes;
  const ssize_t size = read(fd.get(), bytes.data(), bytes.size());
  std::string_view text(bytes.data(), size > 0 ? static_cast<size_t>(size) : 0);
  text = text.substr(0, text.find_first_of("\r\n"));
  if (text.empty()) return Wrong(path, "its first line is empty");
  return std::string(text);
}

}  // namespace

absl::StatusOr<ServerOptions> ServerOptionsOf(const DaemonConfig& config) {
  ServerOptions options;
  options.control = config.control;
  options.control_group = config.control_group;
  options.http = config.http;
  if (config.http.empty() || config.http_token_file.empty()) return options;
  absl::StatusOr<std::string> token = ReadToken(config.http_token_file);
  if (!token.ok()) return token.status();
  options.http_token = *std::move(token);
  return options;
}

bool AreSameDoors(const ServerOptions& a, const ServerOptions& b) {
  return a.control == b.control && a.control_group == b.control_group && a.http == b.http &&
         a.http_token == b.http_token;
}

}  // namespace spyhop
