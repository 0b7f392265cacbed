<?php
// phpredis: RedisSentinel tells where the master is, and Redis speaks to it; a program asks again when its connection is lost.
// Called with `sentinel PORT ...`, prints READY in the midst of its work, goes on when it reads a line, prints OK.

const MASTER = "mymaster";
const LOST_LEADER = "/^(INDOUBT|CLUSTERDOWN|TRYAGAIN|READONLY)/";
$ports = array_map("intval", array_slice($argv, 2));

function claim(bool $truth, string $what): void
{
    if (!$truth) {
        throw new LogicException("not so: $what");
    }
}

// The address that the first sentinel names that names one; null if none does now.
function find_master(array $ports): ?array
{
    foreach ($ports as $port) {
        try {
            $address = (new RedisSentinel("127.0.0.1", $port))->getMasterAddrByName(MASTER);
            if ($address) {
                return $address;
            }
        } catch (RedisException) {
            // it is dead: another may live
        }
    }
    return null;
}

// A client that is connected anew, to whoever is the master then, when its leader was lost.
class Client
{
    private ?Redis $redis = null;

    public function __construct(private array $ports)
    {
    }

    // What act(Redis) returns; null if a leader was lost meanwhile.
    public function attempt(callable $act): mixed
    {
        try {
            $this->redis ??= $this->connect();
            $this->redis->clearLastError();
            $answer = $act($this->redis);
            $error = $this->redis->getLastError();
        } catch (RedisException $lost) {
            $this->redis = null;
            usleep(20000);
            return null;
        }
        if ($error === null) {
            return $answer;
        }
        claim(preg_match(LOST_LEADER, $error) === 1, $error);
        $this->redis = null;
        usleep(20000);
        return null;
    }

    // Again and again until it is answered: only for what may be done twice, and has an answer that is not null.
    public function steadily(callable $act): mixed
    {
        while (($answer = $this->attempt($act)) === null);
        return $answer;
    }

    private function connect(): Redis
    {
        [$host, $port] = find_master($this->ports) ?? throw new RedisException("no sentinel names a master");
        $redis = new Redis();
        $redis->connect($host, (int) $port);
        return $redis;
    }
}

function ask_the_sentinels(array $ports): void
{
    $address = null;
    while (($address ??= find_master($ports)) === null) {
        usleep(20000);
    }
    foreach ($ports as $port) {
        $sentinel = new RedisSentinel("127.0.0.1", $port);
        claim($sentinel->ping(), "a sentinel answers");
        claim(empty($sentinel->getMasterAddrByName("another")), "nobody knows a master of another name");
        claim(array_column($sentinel->masters(), "name") === [MASTER], "it knows one master");
        claim($sentinel->master(MASTER)["name"] === MASTER, "it tells of the master");
        claim(count($sentinel->sentinels(MASTER)) === count($ports) - 1, "it knows the other sentinels");
        foreach ($sentinel->slaves(MASTER) as $replica) {
            claim(str_contains($replica["flags"], "slave") && in_array("port", array_keys($replica)), "it tells of replicas");
        }
    }
}

// Says a number until it is answered, and reads it back; then adds to two numbers, at most once, to both or to none.
class Writer
{
    public int $said = 0;
    private int $tried = 0;
    private int $answered = 0;

    public function __construct(private Client $client)
    {
    }

    public function say(): void
    {
        $next = $this->said + 1;
        claim($this->client->steadily(fn ($redis) => $redis->set("last", (string) $next)) === true, "it is written");
        claim($this->client->steadily(fn ($redis) => $redis->get("last")) === (string) $next, "it is read");
        $add = "redis.call('sadd', KEYS[1], ARGV[1]) return redis.call('scard', KEYS[1])";
        claim($this->client->steadily(fn ($redis) => $redis->eval($add, ["members", $next], 1)) === $next, "none is lost");
        $this->tried += 1;
        $both = $this->client->attempt(fn ($redis) => $redis->multi()->incr("left")->incr("right")->exec());
        $this->answered += is_array($both) ? 1 : 0;
        [$left, $right] = $this->client->steadily(fn ($redis) => $redis->mget(["left", "right"]));
        claim($left === $right && $this->answered <= (int) $left && (int) $left <= $this->tried,
            "both have what was answered: $left, $right of $this->answered to $this->tried");
        $this->said = $next;
    }

    public function check(): void
    {
        $members = $this->client->steadily(fn ($redis) => $redis->sMembers("members"));
        sort($members, SORT_NUMERIC);
        claim($members === array_map("strval", range(1, $this->said)), "all members are there");
    }
}

// Whether the caller has said that it has done what it wants to do.
function is_told(): bool
{
    [$readable, $none] = [[STDIN], null];
    return stream_select($readable, $none, $none, 0) === 1;
}

ask_the_sentinels($ports);
$writer = new Writer(new Client($ports));
while ($writer->said < 50) {
    $writer->say();
}
echo "READY\n";
while (!is_told()) {
    $writer->say();
}
for ($after = 0; $after < 50; $after++) {
    $writer->say();
}
$writer->check();
echo "OK\n";
