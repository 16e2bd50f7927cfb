// pulumi-language-python starts Python programs for the Pulumi engine.
//
// Pulumi's own language host is a module of its own that not every module proxy serves. This one answers what
// preview, up, refresh, destroy, install and new ask, and leaves the work to Pulumi's own parts: the toolchain
// package finds, fills and runs the virtual environment, pulumi-language-python-exec runs the program.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The executor ends with this status after it has shown its error itself.
const alreadyShown = 32

// Installed beside this program, as in Pulumi's own distribution.
const executor = "pulumi-language-python-exec"

func main() {
	flag.String("tracing", "", "accepted and left aside")
	flag.Parse()
	logging.InitLogging(false, 0, false)

	program, err := os.Executable()
	if err != nil {
		cmdutil.Exit(err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	stopped := make(chan bool)
	go func() {
		<-ctx.Done()
		cancel()
		close(stopped)
	}()
	running, stop := context.WithCancel(context.Background())
	served := &host{
		executor: filepath.Join(filepath.Dir(program), executor),
		engine:   flag.Arg(0),
		running:  running,
		stop:     stop,
		watch: func(engine string) error {
			return rpcutil.Healthcheck(ctx, engine, 5*time.Minute, cancel)
		},
	}
	if served.engine != "" {
		if err := served.watch(served.engine); err != nil {
			cmdutil.Exit(err)
		}
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stopped,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, served)
			return nil
		},
	})
	if err != nil {
		cmdutil.Exit(err)
	}
	fmt.Printf("%d\n", handle.Port) // how the engine learns where to call
	if err := <-handle.Done; err != nil {
		cmdutil.Exit(err)
	}
}

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	executor string
	engine   string
	running  context.Context // ends with Cancel
	stop     context.CancelFunc
	watch    func(engine string) error // ends this program when the engine has gone
}

func (h *host) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = req.EngineAddress
	return &pulumirpc.LanguageHandshakeResponse{}, h.watch(h.engine)
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.stop()
	return &emptypb.Empty{}, nil
}

// python reads the runtime's options in Pulumi.yaml.
func python(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: info.RootDirectory, ProgramDir: info.ProgramDirectory}
	given := info.Options.AsMap()
	if name, ok := given["virtualenv"].(string); ok {
		options.Virtualenv = name
	}
	switch name := given["toolchain"]; name {
	case nil:
	case "pip":
		options.Toolchain = toolchain.Pip
	case "poetry":
		options.Toolchain = toolchain.Poetry
	case "uv":
		options.Toolchain = toolchain.Uv
	default:
		return nil, fmt.Errorf("unsupported toolchain option: %v", name)
	}
	return toolchain.ResolveToolchain(options)
}

// What the pulumi-plugin.json of installed packages say.
const pluginFiles = `
import json, pathlib, sys, sysconfig
files = pathlib.Path(sysconfig.get_path("purelib")).glob("*/pulumi-plugin.json")
json.dump([json.loads(file.read_text()) for file in files], sys.stdout)
`

func (h *host) GetRequiredPackages(
	ctx context.Context, req *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	tools, err := python(req.Info)
	if err != nil {
		return nil, err
	}
	// An up or a preview in a fresh clone makes the environment by itself.
	if err := tools.EnsureVenv(ctx, req.Info.ProgramDirectory, false, true, os.Stdout, os.Stderr); err != nil {
		return nil, err
	}
	command, err := tools.Command(ctx, "-c", pluginFiles)
	if err != nil {
		return nil, err
	}
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the plugins of %s: %w", command.Path, err)
	}
	var plugins []plugin.PulumiPluginJSON
	if err := json.Unmarshal(text, &plugins); err != nil {
		return nil, err
	}
	answer := &pulumirpc.GetRequiredPackagesResponse{}
	for _, found := range plugins {
		if !found.Resource || found.Version == "" {
			continue
		}
		answer.Packages = append(answer.Packages, &pulumirpc.PackageDependency{
			Name:    found.Name,
			Version: "v" + strings.TrimPrefix(found.Version, "v"),
			Kind:    "resource",
			Server:  found.Server,
		})
	}
	return answer, nil
}

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	tools, err := python(req.Info)
	if err != nil {
		return nil, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	arguments := []string{
		h.executor,
		"--monitor", req.MonitorAddress,
		"--engine", h.engine,
		"--project", req.Project,
		"--root_directory", req.Info.RootDirectory,
		"--stack", req.Stack,
		"--pwd", req.Pwd,
		"--dry_run", strconv.FormatBool(req.DryRun),
		"--parallel", strconv.Itoa(int(req.Parallel)),
		"--organization", req.Organization,
		req.Info.EntryPoint,
	}
	running, stop := context.WithCancel(h.running)
	defer stop()
	context.AfterFunc(ctx, stop)
	command, err := tools.Command(running, append(arguments, req.Args...)...)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(req.Config)
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(append([]string{}, req.ConfigSecretKeys...))
	if err != nil {
		return nil, err
	}
	if command.Env == nil {
		command.Env = os.Environ()
	}
	command.Env = append(command.Env,
		"PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secrets))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second

	err = command.Run()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &failed) && failed.ExitCode() == alreadyShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &failed):
		return &pulumirpc.RunResponse{
			Error: fmt.Sprintf("program exited with non-zero exit code: %d", failed.ExitCode()),
		}, nil
	default:
		return nil, fmt.Errorf("the program could not be run: %w", err)
	}
}

func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	tools, err := python(req.Info)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.IsTerminal)
	if err != nil {
		return err
	}
	defer closer.Close()
	err = tools.InstallDependencies(
		server.Context(), req.Info.ProgramDirectory, req.UseLanguageVersionTools, true, stdout, stderr)
	if err != nil {
		return err
	}
	return closer.Close()
}

func (h *host) Template(ctx context.Context, req *pulumirpc.TemplateRequest) (*pulumirpc.TemplateResponse, error) {
	tools, err := python(req.Info)
	if err != nil {
		return nil, err
	}
	err = tools.PrepareProject(ctx, req.ProjectName, req.Info.ProgramDirectory, false, nil, nil)
	return &pulumirpc.TemplateResponse{}, err
}

// RuntimeOptionsPrompts asks nothing: the project's Pulumi.yaml names its toolchain.
func (h *host) RuntimeOptionsPrompts(
	context.Context, *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

func (h *host) GetProgramDependencies(
	ctx context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	tools, err := python(req.Info)
	if err != nil {
		return nil, err
	}
	listed, err := tools.ListPackages(ctx, req.TransitiveDependencies)
	if err != nil {
		return nil, err
	}
	answer := &pulumirpc.GetProgramDependenciesResponse{}
	for _, found := range listed {
		answer.Dependencies = append(answer.Dependencies,
			&pulumirpc.DependencyInfo{Name: found.Name, Version: found.Version})
	}
	return answer, nil
}

func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	if req.Info == nil {
		return &pulumirpc.AboutResponse{}, nil
	}
	tools, err := python(req.Info)
	if err != nil {
		return nil, err
	}
	found, err := tools.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: found.PythonExecutable, Version: found.PythonVersion.String()}, nil
}
