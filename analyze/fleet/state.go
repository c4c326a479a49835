package fleet

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// State is a file of summaries, one JSON object a line, by which a run that was
// broken off goes on. Its first line says with which options they were made.
type State struct {
	f    *os.File
	done map[string]*Summary // by file and id
}

type stateHead struct {
	State   int    `json:"tracerec_state"`
	Options string `json:"options"`
}

// OpenState reads what was done before, and appends to it from now on. A last line that
// was broken off is dropped; other options than those of the run before are an error.
func OpenState(path, options string) (*State, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &State{f: f, done: map[string]*Summary{}}
	if err := s.read(path, options); err != nil {
		f.Close()
		return nil, err
	}
	return s, nil
}

func (s *State) read(path, options string) error {
	in := bufio.NewReaderSize(s.f, 1<<20)
	var good int64
	for n := 1; ; n++ {
		line, err := in.ReadString('\n')
		if err != nil { // the end, or a line that was broken off
			break
		}
		if n == 1 {
			var head stateHead
			if err := json.Unmarshal([]byte(line), &head); err != nil || head.State != 1 {
				return fmt.Errorf("%s is no state of tracerec analyze: choose another file", path)
			}
			if head.Options != options {
				return fmt.Errorf("%s was made with other options (%s): choose another file, or the same options", path, head.Options)
			}
		} else {
			var sum Summary
			if err := json.Unmarshal([]byte(line), &sum); err != nil {
				break
			}
			s.done[sum.File+"\x00"+sum.ID] = &sum
		}
		good += int64(len(line))
	}
	if err := s.f.Truncate(good); err != nil {
		return err
	}
	if _, err := s.f.Seek(good, 0); err != nil {
		return err
	}
	if good == 0 {
		return s.write(stateHead{1, options})
	}
	return nil
}

func (s *State) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = s.f.Write(append(line, '\n'))
	return err
}

// Done is what was found out about a file before, nil if it has to be analysed.
func (s *State) Done(file, id string) *Summary {
	if id == "" {
		return nil
	}
	return s.done[file+"\x00"+id]
}

// Add notes a file.
func (s *State) Add(sum *Summary) error { return s.write(sum) }

// Close writes what is not written.
func (s *State) Close() error { return errors.Join(s.f.Sync(), s.f.Close()) }

// keyWords splits the key of a finding.
func keyWords(key string) (rule, argument, comm string) {
	parts := strings.SplitN(key, "\x00", 3)
	for len(parts) < 3 {
		parts = append(parts, "")
	}
	return parts[0], strings.TrimSuffix(parts[1], "."), parts[2]
}
