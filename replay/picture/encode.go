package picture

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
)

// column is a stream of numbers of the page: LEB128, compressed, as base64 in
// a script element that the browser does not run.
type column []byte

func (c *column) put(v uint64)   { *c = binary.AppendUvarint(*c, v) }
func (c *column) putInt(v int64) { *c = binary.AppendVarint(*c, v) }

// write writes the element. id must be a word.
func (c column) write(w io.Writer, id string) error {
	if _, err := fmt.Fprintf(w, "<script type=\"application/octet-stream\" id=\"data-%s\">", id); err != nil {
		return err
	}
	text := base64.NewEncoder(base64.StdEncoding, w)
	zip, err := gzip.NewWriterLevel(text, gzip.DefaultCompression)
	if err != nil {
		return err
	}
	if _, err := zip.Write(c); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	if err := text.Close(); err != nil {
		return err
	}
	_, err = io.WriteString(w, "</script>\n")
	return err
}
