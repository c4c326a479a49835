package show

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/tracerec/tracerec/format"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"/etc/passwd":            "/etc/passwd",
		"grün 日本 é":              "grün 日本 é",
		"a\x1b[31mred\x1b[0m":    `a\x1b[31mred\x1b[0m`,
		"nul\x00tab\tnl\ncr\r":   `nul\x00tab\tnl\ncr\r`,
		`back\slash "q" 'q'`:     `back\\slash "q" 'q'`,
		"\x7f\u0080\u009b":       `\x7f\u0080\u009b`,
		"gpj.\u202etxt.exe":      `gpj.\u202etxt.exe`,
		"\u2066x\u2069\u200b":    `\u2066x\u2069\u200b`,
		"bad\xff\xc3":            `bad\xff\xc3`,
		"cut \xe2\x82":           `cut \xe2\x82`,
		"\xed\xa0\x80":           `\xed\xa0\x80`, // a surrogate
		"\ufffd":                 "\ufffd",
		"line\u2028para\u2029":   `line\u2028para\u2029`,
		"nbsp\u00a0":             `nbsp\u00a0`,
		"\U000e0041tag\u3164":    `\U000e0041tag\u3164`,
		"🦀":                      "🦀",
		"soft\u00adhyphen\ufeff": `soft\u00adhyphen\ufeff`,
	} {
		got := Escape([]byte(in))
		if got != want {
			t.Errorf("Escape(%q) = %s, want %s", in, got, want)
		}
		back, err := Unescape(got)
		if err != nil || string(back) != in {
			t.Errorf("Unescape(%s) = %q, %v, want %q", got, back, err, in)
		}
	}
	for _, bad := range []string{`\`, `\x`, `\x1`, `\q`, `\u12`, `\xzz`, `\U0001`} {
		if _, err := Unescape(bad); err == nil {
			t.Errorf("Unescape(%s): no error", bad)
		}
	}
}

// safe says whether text may be written to a terminal.
func safe(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	for _, r := range string(b) {
		if r < ' ' || r == 0x7f || r >= 0x80 && !Visible(r) {
			return false
		}
	}
	return true
}

func FuzzEscape(f *testing.F) {
	f.Add([]byte("a\x1b]0;x\x07\xff\u202e'\"\\>"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, text := range [][]byte{AppendEscape(nil, in), AppendQuote(nil, in)} {
			if !safe(text) {
				t.Fatalf("unsafe: %q", text)
			}
		}
		back, err := Unescape(Escape(in))
		if err != nil || !bytes.Equal(back, in) {
			t.Fatalf("Unescape(Escape(%q)) = %q, %v", in, back, err)
		}
		for k := format.KindNone; k <= format.KindText; k++ {
			if text := Bytes(nil, k, in, format.ABIAMD64, nil); !safe(text) {
				t.Fatalf("kind %d of %q is unsafe: %q", k, in, text)
			}
		}
	})
}

func TestArgv(t *testing.T) {
	for in, want := range map[string]string{
		"ls\x00-l\x00":                   "ls -l",
		"sh\x00-c\x00echo $HOME\x00":     "sh -c 'echo $HOME'",
		"a\x00\x00b\x00":                 "a '' b",
		"it's\x00":                       `$'it\'s'`,
		"x\x1b[m\x00":                    `$'x\x1b[m'`,
		"cut":                            "cut…",
		"\x00":                           "''",
		"":                               "",
		"~\x00*\x00a=b\x00é\x00\xff\x00": `'~' '*' a=b é $'\xff'`,
	} {
		if got := Argv([]byte(in)); got != want {
			t.Errorf("Argv(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestSockAddr(t *testing.T) {
	unix := func(s string) string { return "0100" + hex.EncodeToString([]byte(s)) }
	for in, want := range map[string]string{
		"":                                 "(empty)",
		"02":                               "0x02",
		"0000":                             "AF_UNSPEC",
		"0200":                             "AF_INET",
		"020000507f0000010000000000000000": "127.0.0.1:80",
		"020000507f0000010000000000000001": "127.0.0.1:80 +0x0000000000000001",
		"020000507f000001":                 "AF_INET 0x00507f000001",
		"020000507f000001000000000000000000000000":                 "127.0.0.1:80 +4 zero bytes",
		"0a000050000000000000000000000000000000000000000100000000": "[::1]:80",
		"0a00005000000000fe80000000000000000000000000000102000000": "[fe80::1%2]:80",
		"0a00005000000000fe800000000000000000000000000001":         "[fe80::1]:80",
		"0a0000500000000100000000000000000000ffff7f00000100000000": "[::ffff:127.0.0.1]:80 flow=0x1",
		"0a000050":                           "AF_INET6 0x0050",
		"0100":                               "AF_UNIX unnamed",
		unix("/run/x.sock\x00"):              `"/run/x.sock"`,
		unix("/run/x.sock"):                  `"/run/x.sock"`,
		unix("/r\x00\x00\x00\x00"):           `"/r"`,
		unix("/r\x00junk"):                   `"/r" +0x6a756e6b`,
		unix("\x00abstract"):                 "@abstract",
		unix("\x00a b\x00"):                  `@"a b\x00"`,
		unix("\x1b[2J"):                      `"\x1b[2J"`,
		"1000000000000000ff000000":           "AF_NETLINK pid=0 groups=0xff",
		"1000":                               "AF_NETLINK",
		"2800000016000000020000000000000000": "AF_VSOCK 0x00001600000002000000000000000000"[:len("AF_VSOCK ")] + "0x000016000000020000000000000000",
		"28000000160000000200000000000000":   "AF_VSOCK cid=2 port=22",
		"ff7f01":                             "AF_32767 0x01",
	} {
		if got := SockAddr(unhex(t, in)); got != want {
			t.Errorf("SockAddr(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestInts(t *testing.T) {
	at := func(v int32) int64 { return int64(uint64(uint32(v))) }
	for _, c := range []struct {
		kind format.Kind
		v    int64
		abi  format.ABI
		want string
	}{
		{format.KindDirFD, at(-100), 0, "AT_FDCWD"},
		{format.KindDirFD, -100, 0, "AT_FDCWD"},
		{format.KindFD, at(-1), 0, "-1"},
		{format.KindOpenFlags, 0o2000000, format.ABIAMD64, "O_RDONLY|O_CLOEXEC"},
		{format.KindOpenFlags, 0o1101, format.ABIAMD64, "O_WRONLY|O_CREAT|O_TRUNC"},
		{format.KindOpenFlags, 0o4010002, format.ABIAMD64, "O_RDWR|O_SYNC"},
		{format.KindOpenFlags, 0o10000, format.ABIAMD64, "O_RDONLY|O_DSYNC"},
		{format.KindOpenFlags, 0o20200001, format.ABIAMD64, "O_WRONLY|O_TMPFILE"},
		{format.KindOpenFlags, 0o200000, format.ABIAMD64, "O_RDONLY|O_DIRECTORY"},
		{format.KindOpenFlags, 0o200000, format.ABIARM64, "O_RDONLY|O_DIRECT"},
		{format.KindOpenFlags, 0o40000, format.ABIARM64, "O_RDONLY|O_DIRECTORY"},
		{format.KindOpenFlags, 0o100000, format.ABIARM32, "O_RDONLY|O_NOFOLLOW"},
		{format.KindOpenFlags, 3 | 1<<40, format.ABIAMD64, "O_ACCMODE|0x10000000000"},
		{format.KindMode, 0o644, 0, "0644"},
		{format.KindMode, 0o7, 0, "0007"},
		{format.KindMode, 0o4755, 0, "04755"},
		{format.KindMode, 0, 0, "0"},
		{format.KindMode, 0o100644, 0, "S_IFREG|0644"},
		{format.KindCloneFlags, 0x1200011, 0, "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD"},
		{format.KindCloneFlags, 17, 0, "SIGCHLD"},
		{format.KindExitCode, 0, 0, "exit 0"},
		{format.KindExitCode, 3 << 8, 0, "exit 3"},
		{format.KindExitCode, 9, 0, "killed SIGKILL"},
		{format.KindExitCode, 0x8b, 0, "killed SIGSEGV (core)"},
		{format.KindRet, -2, 0, "-1 ENOENT"},
		{format.KindRet, -512, 0, "? ERESTARTSYS"},
		{format.KindRet, -600, 0, "-1 errno_600"},
		{format.KindRet, 42, 0, "42"},
		{format.KindRet, 0x7f0000001000, 0, "0x7f0000001000"},
		{format.KindRungs, int64(format.RungLSM | format.RungPutname), 0, "lsm,putname"},
		{format.KindRungs, 0x80, 0, "trace"},
		{format.KindVMA, int64(format.VMAUffd), 0, "userfaultfd"},
		{format.KindViewStatus, 99, 0, "99"},
		{format.KindRowFlags, int64(format.FlagNoEnter | format.FlagRestarted), 0, "no-enter,restarted"},
		{format.KindDev, 254<<20 | 1, 0, "254:1"},
		{format.KindABI, int64(format.ABIIA32), 0, "i386"},
		{format.KindSyscall, 59, format.ABIAMD64, "execve"},
		{format.KindSyscall, 11, format.ABIIA32, "execve"},
		{format.KindSyscall, 221, format.ABIARM64, "execve"},
		{format.KindSyscall, 11, format.ABIARM32, "execve"},
		{format.KindSyscall, 9999, format.ABIAMD64, "syscall_9999"},
		{format.KindSyscall, -1, format.ABIAMD64, "syscall_-1"},
		{format.KindDuration, 12_345, 0, "12.3µs"},
		{format.KindPointer, 0x7ffe0000, 0, "0x7ffe0000"},
		{format.KindSeq, -1, 0, "18446744073709551615"},
		{format.KindEvent, 500, 0, "event500"},
	} {
		if got := IntText(c.kind, c.v, c.abi); got != c.want {
			t.Errorf("kind %d of %#x: %s, want %s", c.kind, c.v, got, c.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for ns, want := range map[int64]string{
		0: "0ns", 999: "999ns", 1000: "1µs", 12_000: "12µs", 123_456: "123µs", 999_499: "999µs", 999_500: "1ms",
		1_500_000: "1.5ms", 99_960_000: "100ms", 999_499_999: "999ms", 999_500_000: "1s", 2_410_000_000: "2.41s",
		99_900_000_000: "99.9s", 200e9: "3m20s", 18_120e9: "5h02m", -1500: "-1.5µs",
	} {
		if got := Duration(ns); got != want {
			t.Errorf("Duration(%d) = %s, want %s", ns, got, want)
		}
	}
}

func TestTime(t *testing.T) {
	h := &format.Header{Machine: "x86_64", Clock: format.Clock{Boottime: 5e9, Realtime: 1_700_000_000e9}}
	o := For(h)
	for style, want := range map[TimeStyle]string{
		TimeRel: "1.500000", TimeUTC: "22:13:21.500000Z", TimeNS: "6500000000",
	} {
		o.Time = style
		if got := o.TimeText(6_500_000_000); got != want {
			t.Errorf("style %d: %q, want %q", style, got, want)
		}
	}
	o.Time = TimeRel
	if got := o.TimeText(4_500_000_000); got != "-0.500000" {
		t.Errorf("before the start: %q", got)
	}
	for in, want := range map[string]int64{
		"1.5s": 6_500_000_000, "+10ms": 5_010_000_000, "-1s": 4e9, "2.5": 7_500_000_000,
		"0": 5e9, "3": 8e9, "-1": 4e9, "7ns@boot": 7, "0ns@boot": 0,
		"6500000000": 6_500_000_000, "2023-11-14T22:13:21.5Z": 6_500_000_000,
	} {
		if got, err := o.ParseTime(in); err != nil || got != want {
			t.Errorf("ParseTime(%s) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "soon", "nan", "inf", "1.5 parsecs", "ns@boot", "1.5ns@boot", "1e30"} {
		if _, err := o.ParseTime(bad); err == nil {
			t.Errorf("ParseTime(%q): no error", bad)
		}
	}
}

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		"a\"b\\c/é":        `"a\"b\\c/é"`,
		"\x1b\n\x7f\u202e": `"\u001b\u000a\u007f\u202e"`,
		"\U000e0041":       `"\udb40\udc41"`,
		"\xff":             `{"hex":"ff"}`,
	} {
		got := string(AppendJSON(nil, []byte(in)))
		if got != want {
			t.Errorf("AppendJSON(%q) = %s, want %s", in, got, want)
		}
		var back string
		if utf8.ValidString(in) {
			if err := json.Unmarshal([]byte(got), &back); err != nil || back != in {
				t.Errorf("%s reads back as %q, %v", got, back, err)
			}
			other, _ := json.Marshal(in)
			if err := json.Unmarshal(SafeJSON(other), &back); err != nil || back != in || !safe(SafeJSON(other)) {
				t.Errorf("SafeJSON(%s) reads back as %q, %v", other, back, err)
			}
		}
	}
}
