//go:build linux

package show

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestErrnoNames(t *testing.T) {
	seen := 0
	for n := range 134 {
		want := unix.ErrnoName(unix.Errno(n))
		if n == 0 || want == "" {
			continue
		}
		if got := Errno(int64(n)); got != want && !(n == 95 && got == "EOPNOTSUPP") && !(n == 117 && got == "EUCLEAN") {
			t.Errorf("errno %d is %s, x/sys says %s", n, got, want)
		}
		seen++
	}
	if seen != 131 {
		t.Errorf("compared %d errors, want 131", seen)
	}
	for n := 1; n < 32; n++ {
		if got, want := Signal(n), unix.SignalName(unix.Signal(n)); got != want {
			t.Errorf("signal %d is %s, x/sys says %s", n, got, want)
		}
	}
}
