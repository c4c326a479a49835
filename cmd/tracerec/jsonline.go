package main

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/tracerec/tracerec/format/show"
)

// writeJSON writes v, an object, as one line that begins with its type. What
// a terminal would act on is escaped.
func writeJSON(out io.Writer, kind string, v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	head := `{"type":"` + kind + `"`
	if line.Len() > len("{}\n") {
		head += ","
	}
	_, err := out.Write(append([]byte(head), show.SafeJSON(line.Bytes()[1:])...))
	return err
}
