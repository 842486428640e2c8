// Opens the target's source files, as the target sees them, also after it has ended.
//
// While it lives: below its own root (containers, chroots). Afterwards only when it shared our
// root: another process's file of the same name must not be shown as its source.
#ifndef SPYHOP_CLI_TARGET_SOURCES_H_
#define SPYHOP_CLI_TARGET_SOURCES_H_

#include <map>
#include <set>
#include <string>

#include "report/source_lines.h"

namespace spyhop {

class TargetSources {
 public:
  // To be called while the process lives; looks at its root and working folder once.
  void Remember(int pid);
  // Names that are not absolute (main scripts to 3.8) are taken as below this folder: the one a
  // program was started in. Without it, below the target's own at the time of Remember(), else
  // below the one it has now.
  void set_folder(const std::string& folder) { folder_ = folder; }

  ScopedFd Open(int pid, const std::string& path) const;
  // Open() for a view; must not outlive this.
  SourceOpener Opener() const {
    return [this](int pid, const std::string& path) { return Open(pid, path); };
  }

 private:
  ScopedFd OpenAbsolute(int pid, const std::string& path) const;

  std::set<int> shares_our_root_;
  std::map<int, std::string> folders_;  // by pid; inside its root
  std::string folder_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_TARGET_SOURCES_H_
