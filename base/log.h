// Messages to the person at the terminal, on stderr. Never from code that runs while the target is
// stopped. The only user of spdlog is log.cc.
#ifndef SPYHOP_BASE_LOG_H_
#define SPYHOP_BASE_LOG_H_

#include <string_view>

namespace spyhop {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

// Messages above `level` are dropped. The default is kInfo (`-q`: kError, `-v`: kDebug).
void SetLogLevel(LogLevel level);
void Log(LogLevel level, std::string_view message);

inline void LogError(std::string_view message) { Log(LogLevel::kError, message); }
inline void LogWarning(std::string_view message) { Log(LogLevel::kWarning, message); }
inline void LogInfo(std::string_view message) { Log(LogLevel::kInfo, message); }
inline void LogDebug(std::string_view message) { Log(LogLevel::kDebug, message); }

}  // namespace spyhop

#endif  // SPYHOP_BASE_LOG_H_
