package show

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// TestKeysOnce wants no key twice in the object of a row: parsers take the
// last, and a row would have another type than "event".
func TestKeysOnce(t *testing.T) {
	o := &Options{}
	for id := range format.Events {
		b := format.NewBatch(1)
		i := b.Append()
		for c := range format.NumColumns {
			if format.Columns[c].Type == format.Bytes {
				b.SetBytes(c, i, []byte("x\x00"))
			} else {
				b.Set(c, i, 1)
			}
		}
		b.Set(format.ColEvent, i, uint64(id))
		line := RowJSON(nil, b, 0, o)
		dec := json.NewDecoder(strings.NewReader(string(line)))
		seen, depth, key := map[string]bool{}, 0, true
		for {
			token, err := dec.Token()
			if err != nil {
				break
			}
			if d, ok := token.(json.Delim); ok {
				if d == '{' || d == '[' {
					depth++
				} else {
					depth--
				}
				key = depth == 1
				continue
			}
			if depth != 1 {
				continue
			}
			if key {
				name := token.(string)
				if seen[name] {
					t.Errorf("event %s has %s twice: %s", EventName(format.EventID(id)), name, line)
				}
				seen[name] = true
			}
			key = !key
		}
		if !json.Valid(line) || !seen["type"] || len(seen) < 10 {
			t.Errorf("event %s: %s", EventName(format.EventID(id)), line)
		}
	}
}
