// A thread in which a server makes its answers, one after the other, so that a long one holds up
// neither the sockets nor a target's thread.
//
// Who still holds it after Stop() may post: nothing is done any more.
#ifndef SPYHOP_CLI_DAEMON_ANSWER_THREAD_H_
#define SPYHOP_CLI_DAEMON_ANSWER_THREAD_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace spyhop {

class AnswerThread {
 public:
  AnswerThread() : thread_([this] { Work(); }) {}
  ~AnswerThread() { Stop(); }
  AnswerThread(const AnswerThread&) = delete;
  AnswerThread& operator=(const AnswerThread&) = delete;

  // Thread-safe; returns at once.
  void Post(std::function<void()> job);
  // Waits for the job that runs; lets go of the others. By one thread, not its own.
  void Stop();

 private:
  void Work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_ANSWER_THREAD_H_
