package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
)

// Row is a finding in a flat table. Times are of the recording's clock. What a finding
// has beside it, and bytes that are no text, stand in JSON.
type Row struct {
	ID       string    `parquet:"id,zstd" json:"id"`
	Time     time.Time `parquet:"time,zstd,timestamp(microsecond)" json:"time"`
	Severity string    `parquet:"severity,zstd,dict" json:"severity"`
	Analysis string    `parquet:"analysis,zstd,dict" json:"analysis"`
	Rule     string    `parquet:"rule,zstd,dict" json:"rule"`
	Verdict  string    `parquet:"verdict,zstd,dict" json:"verdict"`
	Reason   string    `parquet:"reason,zstd,dict" json:"reason"`
	Syscall  string    `parquet:"syscall,zstd,dict" json:"syscall"`
	Argument string    `parquet:"argument,zstd,dict" json:"argument"`
	Enter    *string   `parquet:"enter,optional,zstd,dict" json:"-"`
	Kernel   *string   `parquet:"kernel,optional,zstd,dict" json:"-"`
	Exit     *string   `parquet:"exit,optional,zstd,dict" json:"-"`
	PID      uint32    `parquet:"pid,zstd" json:"pid"`
	TID      uint32    `parquet:"tid,zstd" json:"tid"`
	PPID     uint32    `parquet:"ppid,zstd" json:"ppid"`
	UID      uint32    `parquet:"uid,zstd" json:"uid"`
	Comm     string    `parquet:"comm,zstd,dict" json:"comm"`
	Start    uint64    `parquet:"start,zstd" json:"start"`
	Call     uint64    `parquet:"call,zstd" json:"call"`
	Seq      uint64    `parquet:"seq,zstd" json:"seq"`
	Ret      *int64    `parquet:"ret,optional,zstd" json:"ret"`
	File     string    `parquet:"file,zstd,dict" json:"file"`
	JSON     string    `parquet:"json,zstd" json:"-"`
}

// ParseRow reads a line of analyze --json about a finding.
func ParseRow(line []byte) (*Row, error) {
	v := struct {
		*Row
		Type                string `json:"type"`
		Enter, Kernel, Exit json.RawMessage
	}{Row: &Row{JSON: string(line)}}
	if err := json.Unmarshal(line, &v); err != nil {
		return nil, err
	}
	if v.Type != "finding" {
		return nil, fmt.Errorf("not a finding but a %q", v.Type)
	}
	v.Row.Enter, v.Row.Kernel, v.Row.Exit = text(v.Enter), text(v.Kernel), text(v.Exit)
	return v.Row, nil
}

// text is a view as text: of a list, which argv is, its JSON.
func text(raw json.RawMessage) *string {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	return &s
}

// WriteParquet writes findings as a Parquet file: those that next gives, until io.EOF. The same
// findings give the same bytes.
func WriteParquet(w io.Writer, next func() (*Row, error)) error {
	p := parquet.NewGenericWriter[Row](w, parquet.CreatedBy("tracerec", "1", ""), parquet.MaxRowsPerRowGroup(64<<10))
	for {
		row, err := next()
		if errors.Is(err, io.EOF) {
			return p.Close()
		}
		if err == nil {
			_, err = p.Write([]Row{*row})
		}
		if err != nil {
			return err
		}
	}
}
