"""One line for each command that Quorate answers, in our own words. A name that stands here gets into the table."""

SUMMARIES = {
    # string
    "append": "Adds bytes to the end of a string.", "decr": "Subtracts one from a number.",
    "decrby": "Subtracts an integer from a number.", "get": "Reads a string.", "getdel": "Reads a string and deletes its key.",
    "getex": "Reads a string and sets or clears its expiry.", "getrange": "Reads a part of a string.",
    "getset": "Writes a string and answers the one before.", "incr": "Adds one to a number.",
    "incrby": "Adds an integer to a number.", "incrbyfloat": "Adds a decimal fraction to a number.",
    "lcs": "Finds the longest common subsequence of two strings.", "mget": "Reads several strings.",
    "mset": "Writes several strings.", "msetnx": "Writes several strings if none of the keys exists.",
    "psetex": "Writes a string that expires after milliseconds.", "set": "Writes a string.",
    "setex": "Writes a string that expires after seconds.", "setnx": "Writes a string if the key does not exist.",
    "setrange": "Overwrites a part of a string.", "strlen": "Tells how long a string is.", "substr": "Reads a part of a string.",
    # generic
    "copy": "Copies a value to another key.", "del": "Deletes keys.", "exists": "Counts which of the keys exist.",
    "expire": "Lets a key expire after seconds.", "expireat": "Lets a key expire at a time in seconds.",
    "expiretime": "Tells when a key expires, in seconds.", "keys": "Lists the keys that match a pattern.",
    "move": "Moves a key to another database.", "object": "Looks at how a value is kept.",
    "object|encoding": "Tells the encoding of a value.", "object|freq": "Tells how often a key is accessed.",
    "object|help": "Lists the subcommands.", "object|idletime": "Tells how long a key has not been accessed.",
    "object|refcount": "Tells how many references a value has.", "persist": "Clears the expiry of a key.",
    "pexpire": "Lets a key expire after milliseconds.", "pexpireat": "Lets a key expire at a time in milliseconds.",
    "pexpiretime": "Tells when a key expires, in milliseconds.", "pttl": "Tells how long a key still lives, in milliseconds.",
    "randomkey": "Answers some key.", "rename": "Renames a key.", "renamenx": "Renames a key if the new name is free.",
    "scan": "Walks the keys in steps.", "touch": "Counts which of the keys exist and marks them as accessed.",
    "ttl": "Tells how long a key still lives, in seconds.", "type": "Tells the type of a value.",
    "unlink": "Deletes keys; their memory is freed in the background.",
    "wait": "Waits until so many replicas hold this connection's writes.",
    # transactions
    "discard": "Drops the queued commands.", "exec": "Carries out the queued commands as one step.",
    "multi": "Begins to queue commands.", "unwatch": "Forgets all watched keys.",
    "watch": "Lets the next EXEC fail if one of the keys changes.",
    # connection
    "auth": "Authenticates the connection.", "client": "Commands on client connections.",
    "client|getname": "Tells the name of this connection.", "client|help": "Lists the subcommands.",
    "client|id": "Tells the id of this connection.", "client|info": "Describes this connection.",
    "client|kill": "Closes connections.", "client|list": "Describes the connections.",
    "client|no-evict": "Protects this connection from eviction.",
    "client|no-touch": "Lets this connection's reads leave no trace in the access data.",
    "client|pause": "Holds back commands for a while.", "client|reply": "Turns replies on or off.",
    "client|setinfo": "Notes the library that uses this connection.", "client|setname": "Names this connection.",
    "client|unpause": "Ends a pause.", "echo": "Answers its argument.", "hello": "Chooses the protocol version.",
    "ping": "Answers PONG.", "quit": "Closes the connection.", "reset": "Puts the connection back to its beginning.",
    "select": "Chooses the database.",
    # server
    "bgsave": "Begins a checkpoint.", "command": "Describes the commands.", "command|count": "Counts the commands.",
    "command|docs": "Documents commands.", "command|getkeys": "Picks the keys out of a command.",
    "command|getkeysandflags": "Picks the keys and their use out of a command.", "command|help": "Lists the subcommands.",
    "command|info": "Describes single commands.", "command|list": "Lists the names of the commands.",
    "config": "Reads and changes the configuration.", "config|get": "Reads settings.", "config|help": "Lists the subcommands.",
    "config|resetstat": "Sets the statistics of INFO back.", "config|rewrite": "Writes the configuration file anew.",
    "config|set": "Changes settings.", "dbsize": "Counts the keys of the database.", "debug": "Tools for testing the server.",
    "flushall": "Deletes all keys of all databases.", "flushdb": "Deletes all keys of the database.",
    "info": "Describes the server in figures.", "lastsave": "Tells the time of the last checkpoint.",
    "role": "Tells the role of the node.", "save": "Makes a checkpoint and waits for it.", "shutdown": "Ends the server.",
    "swapdb": "Swaps two databases.", "time": "Tells the time.",
    # cluster
    "asking": "Accepted for clients of a cluster; changes nothing here.", "cluster": "Commands on the cluster.",
    "cluster|countkeysinslot": "Counts the keys of a slot.", "cluster|getkeysinslot": "Lists keys of a slot.",
    "cluster|help": "Lists the subcommands.", "cluster|info": "Describes the state of the cluster.",
    "cluster|keyslot": "Tells the slot of a key.", "cluster|links": "Lists the links between the nodes.",
    "cluster|myid": "Tells the id of this node.", "cluster|nodes": "Lists the nodes.",
    "cluster|replicas": "Lists the replicas of a node.", "cluster|shards": "Describes the shards.",
    "cluster|slaves": "Lists the replicas of a node.", "cluster|slots": "Tells which nodes serve which slots.",
    "readonly": "Allows this connection to read a follower's own state.",
    "readwrite": "Ends what READONLY began.",
}

# Subcommands that Redis 7.0 does not have: name, arity, since, flags, ACL categories.
EXTRA = [
    ("client|no-touch", 3, "7.2.0", "kFlagNoScript | kFlagLoading | kFlagStale", "kAclSlow | kAclConnection"),
    ("client|setinfo", 4, "7.2.0", "kFlagNoScript | kFlagLoading | kFlagStale", "kAclSlow | kAclConnection"),
]
