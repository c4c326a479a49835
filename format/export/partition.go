package export

import (
	"fmt"
	"strings"
	"time"
)

// nullPartition is how Hive, and with it DuckDB, Spark and Arrow, names the partition of rows without a value.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

// PartitionDir is the directory name=value of a partition, as Hive lays them out. All but letters, digits and
// -_. is percent-encoded, which readers decode: a host's name, which is hostile, cannot lead elsewhere.
func PartitionDir(name, value string) string {
	if value == "" {
		return name + "=" + nullPartition
	}
	return name + "=" + PartitionValue(value)
}

// PartitionValue is a value as it stands in the names of files and directories; it is never "", "." or "..".
func PartitionValue(value string) string {
	if value == "" {
		return nullPartition
	}
	var b strings.Builder
	for i := 0; i < len(value) && b.Len() < 180; i++ {
		switch c := value[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// PartitionDate is the day of a time, UTC; "" for a time that is none.
func PartitionDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
