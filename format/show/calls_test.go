package show

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteCalls(t *testing.T) {
	calls := []CallCount{
		{Name: "read", Calls: 12345, Errors: 1001, Time: 3_000_000_000, Max: 2_500_000},
		{Name: "openat", Calls: 10, Time: 1_000_000_000, Max: 999_999_000},
		{Name: "a\nb", Calls: 0, Time: 0},
		{Name: "close", Calls: 2, Errors: 2, Time: 300, Max: 200},
	}
	for limit, want := range map[int]string{
		0: "" +
			"% time   time   each  slowest   calls  failed  syscall\n" +
			" 75.00     3s  243µs    2.5ms  12,345   1,001  read\n" +
			" 25.00     1s  100ms       1s      10          openat\n" +
			"  0.00    0ns    0ns      0ns       0          a\\nb\n" +
			"  0.00  300ns  150ns    200ns       2       2  close\n" +
			"100.00     4s  324µs       1s  12,357   1,003  total\n",
		2: "" +
			"% time   time   each  slowest   calls  failed  syscall\n" +
			" 75.00     3s  243µs    2.5ms  12,345   1,001  read\n" +
			" 25.00     1s  100ms       1s      10          openat\n" +
			"  0.00  300ns  150ns    200ns       2       2  2 others\n" +
			"100.00     4s  324µs       1s  12,357   1,003  total\n",
	} {
		var b bytes.Buffer
		if err := WriteCalls(&b, calls, limit); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, b.String()); d != "" {
			t.Errorf("limit %d: %s", limit, d)
		}
	}
	if len(calls) != 4 || calls[2].Name != "a\nb" {
		t.Error("the list was changed")
	}
	var b bytes.Buffer
	if WriteCalls(&b, nil, 0); b.String() != "% time  time  each  slowest  calls  failed  syscall\n  0.00   0ns   0ns      0ns      0          total\n" {
		t.Errorf("of no calls: %q", b.String())
	}
}
