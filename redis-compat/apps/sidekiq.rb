# Sidekiq: queues, retries and schedules, whose due jobs a script takes out of a sorted set; Debian's `sidekiq` works on them.
# Called with `plain PORT` or `sentinel PORT ...`, prints READY in the midst of its work, goes on when it reads a line, prints OK.
# Sidekiq loses a job whose BRPOP was done and never answered, with any Redis: nothing is in a queue that somebody reads
# while the leader dies.
kind, *ports = ARGV
ENV["REDIS_URL"] = kind == "plain" ? "redis://127.0.0.1:#{ports.first}/0" : "redis://mymaster/0"
ENV["APPS_SENTINELS"] = kind == "plain" ? "" : ports.join(" ")
require "sidekiq/api"
require_relative "sidekiq_jobs"

DAY_S = 86_400
LOST_LEADER = /\A(INDOUBT|CLUSTERDOWN|TRYAGAIN|READONLY|UNBLOCKED)/
STEADY = !ENV.fetch("APPS_STEADY").empty? # no connection has a reason to break

# Again and again while the answer is that a leader was lost: only for what may be done twice.
def steadily
  yield
rescue Redis::BaseConnectionError
  raise if STEADY

  sleep 0.02
  retry
rescue Redis::CommandError => e
  raise unless LOST_LEADER.match?(e.message)

  sleep 0.02
  retry
end

def until_true
  sleep 0.02 until steadily { yield }
end

def claim(what)
  raise "not so: #{what}" unless yield
end

def redis(&block) = Sidekiq.redis(&block)
def ran = redis { |it| it.lrange("ran", 0, -1) }

# A process of Debian's Sidekiq with so many threads, which read these queues in their order.
def start_worker(threads, *queues)
  log = File.join(ENV.fetch("APPS_DIRECTORY"), "sidekiq-#{queues.join("-")}.log")
  words = queues.flat_map { |queue| ["-q", queue] }
  spawn("/usr/bin/sidekiq", "-r", File.join(__dir__, "sidekiq_jobs.rb"), "-c", threads.to_s, *words, %i[out err] => [log, "a"], in: "/dev/null")
end

def stop_worker(pid)
  Process.kill("TERM", pid)
  Process.wait(pid)
  claim("the worker ends in order") { $?.success? }
end

def use_queues
  Note.perform_async("a")
  Sidekiq::Client.push_bulk("class" => Note, "args" => (1..20).map { |number| ["bulk #{number}"] })
  removed = Note.perform_async("removed")
  queue = Sidekiq::Queue.new
  claim("22 jobs wait") { queue.size == 22 && queue.latency >= 0 }
  claim("a job can be found and deleted") { queue.find_job(removed).delete && queue.size == 21 }
  Urgent.perform_async("urgent")
  worker = start_worker(1, "urgent", "default")
  until_true { ran.size == 22 }
  claim("each ran once") { ran.sort == ["a", "urgent", *(1..20).map { |number| "bulk #{number}" }].sort }
  claim("the first queue comes first") { ran.first == "urgent" }
  until_true { Sidekiq::ProcessSet.new.map { |process| process["pid"] } == [worker] }
  worker
end

def use_schedules
  Note.perform_in(0.3, "soon")
  later = Note.perform_in(DAY_S, "later")
  until_true { ran.include?("soon") }
  claim("a job of tomorrow waits") { Sidekiq::ScheduledSet.new.map(&:jid) == [later] }
  Sidekiq::ScheduledSet.new.find_job(later).reschedule(Time.now.to_f - 1)
  until_true { ran.include?("later") }
  claim("nothing is scheduled") { Sidekiq::ScheduledSet.new.size.zero? }
end

def use_retries
  Flaky.perform_async("flaky")
  Hopeless.perform_async("hopeless")
  retries, dead = Sidekiq::RetrySet.new, Sidekiq::DeadSet.new
  until_true { retries.size == 1 && dead.size == 1 }
  claim("it says why") { retries.first["error_message"] == "not yet" && dead.first["error_message"] == "never hopeless" }
  retries.first.reschedule(Time.now.to_f - 1)
  until_true { ran.include?("flaky") }
  claim("it ran twice") { redis { |it| it.hget("runs", "flaky") } == "2" && retries.size.zero? }
  dead.first.retry
  until_true { dead.size == 1 && retries.size.zero? && Sidekiq::Queue.new.size.zero? }
  until_true { Sidekiq::Stats.new.processed >= 28 }
end

# Three kinds of jobs that nobody works on yet, pushed while the leader dies.
class Pushes
  attr_reader :queued, :scheduled

  def initialize
    @queued, @scheduled, @is_over = [], [], false
    @thread = Thread.new { work }
    @thread.abort_on_exception = true
  end

  def end
    @is_over = true
    @thread.join
  end

  private

  def work
    after = number = 0
    while after < 30
      was_over = @is_over
      push("death #{number}", @queued)
      push("late #{number}", @scheduled, "at" => Time.now.to_f + DAY_S)
      number += 1
      after += 1 if was_over
      sleep 0.01
    end
  end

  def push(name, pushed, more = {})
    steadily { Sidekiq::Client.push({ "class" => Note, "args" => [name], **more }) }
    pushed << name
  end
end

def live_through_a_death
  Flaky.perform_async("flaky at death")
  until_true { Sidekiq::RetrySet.new.size == 1 }
  yield
  pushes = Pushes.new
  sleep 0.005 until pushes.queued.size >= 20
  puts "READY"
  $stdout.flush
  $stdin.gets
  pushes.end
  pushes
end

def is_all_there(pushes)
  queued = steadily { Sidekiq::Queue.new.map { |job| job.args.first } }
  scheduled = steadily { Sidekiq::ScheduledSet.new.map { |job| job.args.first } }
  claim("no answered push is lost") { (pushes.queued - queued).empty? && (pushes.scheduled - scheduled).empty? }
  claim("the retry is not lost") { steadily { Sidekiq::RetrySet.new.size } == 1 }
end

$stdout.sync = true
worker = use_queues
use_schedules
use_retries
aside = start_worker(1, "aside")
pushes = live_through_a_death do
  stop_worker(worker)
  Aside.perform_async("before")
  until_true { ran.include?("before") }
end
is_all_there(pushes)
steadily { Aside.perform_async("after") }
until_true { ran.include?("after") } # by a process that has lived through it
worker = start_worker(3, "default")
until_true { (pushes.queued - ran).empty? }
until_true { Sidekiq::ScheduledSet.new.tap { |set| set.each(&:add_to_queue) }.size.zero? } # one pass leaves some out of more than 50
steadily { Sidekiq::RetrySet.new.retry_all }
until_true { (pushes.scheduled + ["flaky at death"] - ran).empty? }
[worker, aside].each { |pid| stop_worker(pid) }
claim("nothing is left") { [Sidekiq::Queue, Sidekiq::ScheduledSet, Sidekiq::RetrySet].all? { |kind| steadily { kind.new.size }.zero? } }
puts "OK"
