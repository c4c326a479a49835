package fleet

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"github.com/tracerec/tracerec/analyze/fleet"
)

// writeFindings writes lines of a file as KEY.jsonl, as they are, and as KEY.parquet.
func writeFindings(ctx context.Context, out Output, key, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = out.Write(ctx, key+".jsonl", func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(f, 1<<16)
	return out.Write(ctx, key+".parquet", func(w io.Writer) error {
		return fleet.WriteParquet(w, func() (*fleet.Row, error) {
			line, err := in.ReadBytes('\n')
			if errors.Is(err, io.EOF) && len(line) == 0 {
				return nil, io.EOF
			}
			if err != nil {
				return nil, err
			}
			return fleet.ParseRow(line[:len(line)-1])
		})
	})
}
