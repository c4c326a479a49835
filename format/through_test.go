package format

import (
	"slices"
	"testing"
)

// Every call through socketcall and ipc is a row, with a number of its own that the
// kernel's table does not have, and the arguments and views of the call itself.
func TestThrough(t *testing.T) {
	// nargs of net/socket.c
	words := map[uint32]int{1: 3, 2: 3, 3: 3, 4: 2, 5: 3, 6: 3, 7: 3, 8: 4, 9: 4, 10: 4, 11: 6, 12: 6, 13: 2, 14: 5, 15: 5, 16: 3, 17: 3, 18: 4, 19: 5, 20: 4}
	numbers := map[int16]bool{}
	sockets, ipcs := 0, 0
	for i := range Syscalls {
		s := &Syscalls[i]
		if s.Through == nil {
			if nr := s.NR[ABIIA32]; nr >= ThroughNR {
				t.Errorf("%s has number %d, which is kept for calls through others", s.Name, nr)
			}
			continue
		}
		nr := s.NR[ABIIA32]
		if numbers[nr] || nr < ThroughNR || nr >= ThroughNR+ThroughCount || SyscallOf(ABIIA32, int32(nr)) != s || s.Has(ABIAMD64) || s.Has(ABIX32) {
			t.Errorf("%s through %s: number %d", s.Name, s.Through.Call, nr)
		}
		numbers[nr] = true
		if len(s.Through.From) != len(s.Args) {
			t.Errorf("%s through %s: %d arguments from %d places", s.Name, s.Through.Call, len(s.Args), len(s.Through.From))
		}
		switch s.Through.Call {
		case "socketcall":
			sockets++
			if s.Through.Words != words[s.Through.Value] {
				t.Errorf("%s: %d words, the kernel copies %d", s.Name, s.Through.Words, words[s.Through.Value])
			}
		case "ipc":
			ipcs++
		}
		direct := slices.IndexFunc(Syscalls, func(d Syscall) bool { return d.Name == s.Name && d.Through == nil })
		if d := &Syscalls[direct]; len(d.Views) != len(s.Views) || d.Object != s.Object || d.Groups != s.Groups || d.Default != s.Default {
			t.Errorf("%s through %s differs from %s", s.Name, s.Through.Call, d.Name)
		}
	}
	if sockets != 20 || ipcs != 13 {
		t.Errorf("%d calls through socketcall, %d through ipc", sockets, ipcs)
	}
	s, err := ParseSelection([]string{"socketcall"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Syscall(ABIIA32, ThroughNR+3) || s.Syscall(ABIIA32, 362) || s.Syscall(ABIAMD64, 42) {
		t.Error("-e socketcall selects what is called through it, and nothing else")
	}
}
