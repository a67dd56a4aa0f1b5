using BenchmarkDotNet.Running;
using Orrery.Bench;

if (args is ["--quick"])
{
    Quick.Run(Console.Out);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Benchmarks).Assembly).Run(args);
