using BenchmarkDotNet.Running;
using Orrery.Bench;

if (args is ["--quick", ..])
{
    Quick.Run(Console.Out, args.Length > 1 ? args[1] : "");
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Benchmarks).Assembly).Run(args);
