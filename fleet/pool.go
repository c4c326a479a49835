package fleet

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"google.golang.org/grpc"
)

// Pool is a worker pool as Beam's runners know it (environment EXTERNAL): for each worker that a runner asks for
// it starts this program as one. Beam's own pool listens on every interface, and is for containers.
type Pool struct {
	fnpb.UnimplementedBeamFnExternalWorkerPoolServer

	talk    io.Writer
	command []string // worker's flags are appended
	mu      sync.Mutex
	workers map[string]*exec.Cmd
	wg      sync.WaitGroup
}

// ServePool serves until ctx ends, and then ends its workers.
func ServePool(ctx context.Context, l net.Listener, command []string, talk io.Writer) error {
	p := &Pool{talk: talk, command: command, workers: map[string]*exec.Cmd{}}
	server := grpc.NewServer()
	fnpb.RegisterBeamFnExternalWorkerPoolServer(server, p)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	err := server.Serve(l)
	p.mu.Lock()
	for _, w := range p.workers {
		w.Process.Kill()
	}
	p.mu.Unlock()
	p.wg.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// StartWorker implements the service.
func (p *Pool) StartWorker(_ context.Context, r *fnpb.StartWorkerRequest) (*fnpb.StartWorkerResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := r.GetWorkerId()
	if p.workers[id] != nil {
		return &fnpb.StartWorkerResponse{Error: fmt.Sprintf("worker %q runs already", id)}, nil
	}
	w := exec.Command(p.command[0], append(p.command[1:len(p.command):len(p.command)],
		"--worker=true", "--id="+id, "--logging_endpoint="+r.GetLoggingEndpoint().GetUrl(), "--control_endpoint="+r.GetControlEndpoint().GetUrl())...)
	w.Stdout, w.Stderr = p.talk, p.talk
	w.Env = os.Environ()
	if err := w.Start(); err != nil {
		return &fnpb.StartWorkerResponse{Error: fmt.Sprintf("start worker: %v", err)}, nil
	}
	fmt.Fprintf(p.talk, "tracerec-fleet: process %d is worker %q\n", w.Process.Pid, id)
	p.workers[id] = w
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		err := w.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.workers, id)
		fmt.Fprintf(p.talk, "tracerec-fleet: process %d has ended: %v\n", w.Process.Pid, err)
	}()
	return &fnpb.StartWorkerResponse{}, nil
}

// StopWorker implements the service.
func (p *Pool) StopWorker(_ context.Context, r *fnpb.StopWorkerRequest) (*fnpb.StopWorkerResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.workers[r.GetWorkerId()]; w != nil {
		w.Process.Kill()
	}
	return &fnpb.StopWorkerResponse{}, nil
}
