using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>Every layout of trace files there is. Whatever reads or lists them reads this; a file is of the first that fits.</summary>
public static class TraceLayouts
{
    public static ImmutableArray<TraceLayout> All { get; } =
        [new MooncakeTrace(), new AzureTrace(), new BurstGptTrace(), new SplitwiseTrace(), new VidurTrace()];

    /// <summary>The layout whose columns a heading has; null where none does.</summary>
    public static TraceLayout? For(IReadOnlyList<string> columns, bool isJson)
    {
        foreach (TraceLayout layout in All)
        {
            if (layout.IsJsonLines == isJson && layout.Fits(columns))
                return layout;
        }

        return null;
    }
}
