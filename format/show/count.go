package show

import (
	"strings"

	"github.com/dustin/go-humanize"
)

// Count is a number of things in words, as "1 row", "2,000 rows" and "3 processes".
func Count(n uint64, thing string) string {
	if strings.HasSuffix(thing, "s") {
		return CountOf(n, thing, thing+"es")
	}
	return CountOf(n, thing, thing+"s")
}

// CountOf is Count for what has another plural.
func CountOf(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(int64(n)) + " " + many
}
