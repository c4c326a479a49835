//go:build linux

package recorder

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Answer is what a recording says to a request on its control socket.
type Answer struct {
	File    string   `json:"file,omitempty"` // that was written, its absolute path
	Error   string   `json:"error,omitempty"`
	Written *Written `json:"written,omitempty"`
	Elapsed int64    `json:"elapsed,omitempty"` // ns
}

// control is a unix socket on which one line is asked and one line of JSON
// answered: "snapshot WHY", "rotate", "statistics", "stop". Only the recorder's
// own user and root are heard. A nil control is none.
type control struct {
	l    *net.UnixListener
	path string
}

// openControl makes the socket, before privileges are dropped.
func openControl(path string) (*control, error) {
	if path == "" {
		return nil, nil
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, fmt.Errorf("control socket %s: another recorder has it: give another name", path)
	} else if st, serr := os.Lstat(path); errors.Is(err, unix.ECONNREFUSED) && serr == nil && st.Mode()&os.ModeSocket != 0 {
		os.Remove(path) // of a recorder that was killed
	}
	old := unix.Umask(0o177) // from its first moment it is the owner's alone
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return &control{l, path}, nil
}

func (c *control) serve(s *session) {
	if c == nil {
		return
	}
	allowed := os.Geteuid()
	go func() {
		for {
			conn, err := c.l.AcceptUnix()
			if errors.Is(err, net.ErrClosed) {
				return
			} else if err != nil {
				time.Sleep(100 * time.Millisecond)
				continue
			}
			go s.answer(conn, allowed)
		}
	}()
}

func (c *control) close() {
	if c != nil {
		c.l.Close()
	}
}

func (s *session) answer(conn *net.UnixConn, allowed int) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	var a Answer
	line, err := bufio.NewReaderSize(conn, 4096).ReadSlice('\n')
	switch peer, perr := peerUID(conn); {
	case err != nil:
		return
	case perr != nil || peer != 0 && peer != allowed:
		a.Error = "only root and the recorder's own user may ask"
	default:
		a = s.request(strings.TrimSpace(string(line)))
	}
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	json.NewEncoder(conn).Encode(a)
}

func (s *session) request(line string) (a Answer) {
	verb, rest, _ := strings.Cut(line, " ")
	var err error
	switch verb {
	case "snapshot":
		why := []string{"snapshot command"}
		if rest != "" {
			why = append(why, rest)
		}
		s.drain.catchUp()
		a.File, err = s.out.snapshot(why...)
		if whole, failed := filepath.Abs(a.File); err == nil && failed == nil { // who asks may be elsewhere
			a.File = whole
		}
	case "rotate":
		err = s.out.rotate("rotate command")
	case "stop":
		s.out.finish("stop command")
	case "statistics":
		w := s.out.written()
		a.Written, a.Elapsed = &w, int64(s.elapsed())
	default:
		err = fmt.Errorf("unknown request %q", verb)
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func peerUID(conn *net.UnixConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var cerr error
	if err := raw.Control(func(fd uintptr) { cred, cerr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return 0, err
	}
	if cerr != nil {
		return 0, cerr
	}
	return int(cred.Uid), nil
}

// Ask sends one request to the recorder that listens at path.
func Ask(path, request string) (*Answer, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		var call *os.SyscallError // without the words of package net, which name the socket once more
		if errors.As(err, &call) {
			err = call.Err
		}
		return nil, fmt.Errorf("no recorder answers at %s: %w: is it the --control of one that runs?", path, err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "%s\n", strings.ReplaceAll(request, "\n", " ")); err != nil {
		return nil, err
	}
	var a Answer
	if err := json.NewDecoder(conn).Decode(&a); err != nil {
		return nil, fmt.Errorf("the recorder's answer: %w", err)
	}
	if a.Error != "" {
		return &a, errors.New(a.Error)
	}
	return &a, nil
}
