//go:build linux

package drill

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// TruthFile is the name of the ground truth in a case's work directory. It is
// JSON Lines: one setup, an attempt per call, one total.
const TruthFile = "truth.jsonl"

// Truth is what really happened in a case.
type Truth struct {
	Setup    Setup
	Attempts []Attempt
	Total    Total

	alternations int // attempts that got another of the two than the one before
}

// Setup is what the case prepared.
type Setup struct {
	Case     string `json:"case"`
	PID      int    `json:"pid"`
	TID      int    `json:"tid,omitempty"`      // thread that makes the calls, where it is one
	N        int    `json:"n"`                  // attempts asked for
	Syscall  string `json:"syscall,omitempty"`  // when it is another than the case's own
	Argument string `json:"argument,omitempty"` // likewise
	Buffer   uint64 `json:"buffer,omitempty"`   // address given as the argument
	A        []byte `json:"a,omitempty"`        // the argument's bytes before the flip
	B        []byte `json:"b,omitempty"`        // and after
	FileA    *File  `json:"file_a,omitempty"`   // the objects that these name
	FileB    *File  `json:"file_b,omitempty"`
}

// File is an object by its identity.
type File struct {
	Dev uint64 `json:"dev"`
	Ino uint64 `json:"ino"`
}

// Attempt is one call.
type Attempt struct {
	I     int    `json:"i"`
	PID   int    `json:"pid,omitempty"` // when it is not the setup's
	TID   int    `json:"tid,omitempty"` // likewise
	Got   string `json:"got,omitempty"` // "a" or "b": which of the two the kernel used
	File  *File  `json:"file,omitempty"`
	Value []byte `json:"value,omitempty"` // the bytes the kernel used, where they are not the setup's A or B
	Errno int    `json:"errno,omitempty"`
}

// Total is the last line.
type Total struct {
	Attempts    int    `json:"attempts"`
	A           int    `json:"a"`
	B           int    `json:"b"`
	Failed      int    `json:"failed"`
	Unavailable string `json:"unavailable,omitempty"` // why the case could not run here
	Error       string `json:"error,omitempty"`       // why it ended before its time
}

type truthLine struct {
	Setup   *Setup   `json:"setup,omitempty"`
	Attempt *Attempt `json:"attempt,omitempty"`
	Total   *Total   `json:"total,omitempty"`
}

// add notes an attempt. Nothing is written before the case is over, so that
// the log does not stand between the calls.
func (t *Truth) add(a Attempt) {
	a.I = len(t.Attempts)
	if a.I > 0 && a.Got != t.Attempts[a.I-1].Got {
		t.alternations++
	}
	t.Attempts = append(t.Attempts, a)
	t.Total.Attempts++
	switch {
	case a.Errno != 0:
		t.Total.Failed++
	case a.Got == "a":
		t.Total.A++
	case a.Got == "b":
		t.Total.B++
	}
}

func (t *Truth) write(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, TruthFile), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("ground truth: %w", err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	enc.Encode(truthLine{Setup: &t.Setup})
	for i := range t.Attempts {
		enc.Encode(truthLine{Attempt: &t.Attempts[i]})
	}
	enc.Encode(truthLine{Total: &t.Total})
	if err := w.Flush(); err != nil {
		return fmt.Errorf("ground truth: %w", err)
	}
	return f.Close()
}

// ReadTruth reads the ground truth that a case left in its work directory.
func ReadTruth(dir string) (Truth, error) {
	var t Truth
	f, err := os.Open(filepath.Join(dir, TruthFile))
	if err != nil {
		return t, fmt.Errorf("ground truth: %w", err)
	}
	defer f.Close()
	complete := false
	for dec := json.NewDecoder(f); ; {
		var l truthLine
		if err := dec.Decode(&l); err == io.EOF {
			break
		} else if err != nil {
			return Truth{}, fmt.Errorf("ground truth %s: %w", f.Name(), err)
		}
		switch {
		case l.Setup != nil:
			t.Setup = *l.Setup
		case l.Attempt != nil:
			t.Attempts = append(t.Attempts, *l.Attempt)
		case l.Total != nil:
			t.Total, complete = *l.Total, true
		}
	}
	if !complete {
		return Truth{}, fmt.Errorf("ground truth %s: cut off, no total", f.Name())
	}
	return t, nil
}
