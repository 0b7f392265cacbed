# The jobs of sidekiq.rb, which Debian's `sidekiq` loads. Each says in Redis that it ran.
require "sidekiq"

unless ENV.fetch("APPS_SENTINELS").empty?
  sentinels = ENV.fetch("APPS_SENTINELS").split.map { |port| { host: "127.0.0.1", port: Integer(port) } }
  where = { url: ENV.fetch("REDIS_URL"), sentinels: sentinels }
  Sidekiq.configure_client { |config| config.redis = where }
  Sidekiq.configure_server { |config| config.redis = where }
end

Sidekiq.options[:poll_interval_average] = 0.2

class Note
  include Sidekiq::Worker

  def perform(name)
    Sidekiq.redis { |redis| redis.rpush("ran", name) }
  end
end

class Aside < Note
  sidekiq_options queue: "aside"
end

class Urgent < Note
  sidekiq_options queue: "urgent"
end

class Flaky
  include Sidekiq::Worker
  sidekiq_retry_in { 86_400 } # the program says when

  def perform(name)
    runs = Sidekiq.redis { |redis| redis.hincrby("runs", name, 1) }
    raise ArgumentError, "not yet" if runs == 1

    Sidekiq.redis { |redis| redis.rpush("ran", name) }
  end
end

class Hopeless
  include Sidekiq::Worker
  sidekiq_options retry: 0

  def perform(name)
    raise ArgumentError, "never #{name}"
  end
end
