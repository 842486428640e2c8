// A few threads for what takes time: attaching, snapshots. Jobs begin in the order in which they
// were added. Without a thread to be had, a job is done where it was added.
#ifndef SPYHOP_CLI_DAEMON_JOB_THREADS_H_
#define SPYHOP_CLI_DAEMON_JOB_THREADS_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace spyhop {

class JobThreads {
 public:
  explicit JobThreads(int count);
  // Waits for the jobs that have begun; those that wait are dropped.
  ~JobThreads();
  JobThreads(const JobThreads&) = delete;
  JobThreads& operator=(const JobThreads&) = delete;

  void Add(std::function<void()> job);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_JOB_THREADS_H_
