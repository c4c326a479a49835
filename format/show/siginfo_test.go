package show

import (
	"encoding/binary"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// TestSiginfo has what strace prints of the same bytes.
func TestSiginfo(t *testing.T) {
	info := func(abi format.ABI, words ...int64) []byte {
		v := make([]byte, 128)
		le := binary.LittleEndian
		for i, w := range words[:3] {
			le.PutUint32(v[4*i:], uint32(w))
		}
		at := 16
		if abi == format.ABIIA32 {
			at = 12
		}
		for i, w := range words[3:] {
			if i == 2 && at == 16 {
				le.PutUint64(v[at+8:], uint64(w))
			} else {
				le.PutUint32(v[at+4*i:], uint32(w))
			}
		}
		return v
	}
	const amd64, ia32 = format.ABIAMD64, format.ABIIA32
	for _, c := range []struct {
		abi  format.ABI
		v    []byte
		want string
	}{
		{amd64, info(amd64, 10, 0, -1, 77, 1000, 42), "{si_signo=SIGUSR1, si_code=SI_QUEUE, si_pid=77, si_uid=1000, si_int=42, si_ptr=0x2a}"},
		{amd64, info(amd64, 10, 0, -1, 77, 0, -1), "{si_signo=SIGUSR1, si_code=SI_QUEUE, si_pid=77, si_uid=0, si_int=-1, si_ptr=0xffffffffffffffff}"},
		{ia32, info(ia32, 12, 0, -1, 77, 1000, 0), "{si_signo=SIGUSR2, si_code=SI_QUEUE, si_pid=77, si_uid=1000, si_int=0, si_ptr=NULL}"},
		{amd64, info(amd64, 15, 0, 0, 1, 4294967294), "{si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=4294967294}"},
		{amd64, info(amd64, 9, 0, -6, 5, 5), "{si_signo=SIGKILL, si_code=SI_TKILL, si_pid=5, si_uid=5}"},
		{amd64, info(amd64, 14, 0, -2, 3, 2, 7), "{si_signo=SIGALRM, si_code=SI_TIMER, si_timerid=0x3, si_overrun=2, si_int=7, si_ptr=0x7}"},
		{amd64, info(amd64, 15, 2, 0, 1, 2), "{si_signo=SIGTERM, si_errno=ENOENT, si_code=SI_USER, si_pid=1, si_uid=2}"},
		{amd64, info(amd64, 15, 0, 0, 1, 2, 0x41), `{si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=2, …"A"}`},
		{amd64, info(amd64, 11, 0, 1, 0x41), `{si_signo=SIGSEGV, si_code=1, …"A"}`},
		{amd64, info(amd64, 15, 0, 0, 1, 2)[:20], `{si_signo=SIGTERM, si_code=SI_USER, "\x01\x00\x00\x00"…}`},
		{amd64, []byte("short"), `"short"`},
	} {
		if got := string(Bytes(nil, format.KindSiginfo, c.v, c.abi, nil)); got != c.want {
			t.Errorf("%q:\n%s, want\n%s", c.v, got, c.want)
		}
	}
}
