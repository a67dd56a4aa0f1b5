using Orrery.Cli.Arguments;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>The flags of a serving job.</summary>
public static partial class ServeFlags
{
    /// <summary>Requests made up where <c>--requests</c> is left out and they come by themselves.</summary>
    public const int UsualRequests = 2000;

    /// <summary>Requests of each client where <c>--requests</c> is left out.</summary>
    public const int UsualRequestsOfClient = 10;

    private const double LargestDegree = 1 << 20;

    private static string[] Precisions =>
    [
        NumberFormat.Bf16.Text(), NumberFormat.Fp16.Text(), NumberFormat.Fp8.Text(), NumberFormat.Fp8Block.Text(), NumberFormat.Mxfp8.Text(),
        NumberFormat.Mxfp4.Text(), NumberFormat.Nvfp4.Text(), NumberFormat.Int8WeightOnly.Text(), NumberFormat.Int4WeightOnly.Text(),
    ];

    /// <summary>In the order help lists them.</summary>
    public static FlagDescription[] All { get; } = [.. Job(), .. Workload(), .. Generation(), .. Plan(), .. Engine(), .. Pools(), .. Machine(), .. Output(), CommonFlags.Assume, CommonFlags.Json];

    /// <summary>What is served, and on what.</summary>
    private static FlagDescription[] Job() =>
    [
        new("--model", FlagKind.Text, "M", "network: a name of the catalogue, a config.json or the folder of one") { IsRequired = true },
        new("--system", FlagKind.Text, "S", "machine: a name of the catalogue or a file; pools may name their own") { IsRequired = true, Unless = ["--disaggregate"] },
        new("--chips", FlagKind.Integer, "N", "number of accelerator packages; with pools their sum") { IsRequired = true, Unless = ["--from-launch", "--disaggregate"], High = 1 << 20 },
    ];

    /// <summary>What is set of the machine.</summary>
    private static FlagDescription[] Machine() =>
    [
        new("--lnc", FlagKind.Integer, "1|2", "NeuronCores a logical core joins, on Trainium; the chip's default when left out") { High = 8 },
        new("--price", FlagKind.Pair, "SYSTEM=USD", "price of one chip for one hour, in place of the catalogue's") { Repeats = true },
    ];

    private static FlagDescription Degree(string name, string help) => new(name, FlagKind.Integer, "N", help) { High = LargestDegree };

    private static FlagDescription Word(string name, string help, string[] words) => new(name, FlagKind.Word, "WORD", help) { Words = words };
}
