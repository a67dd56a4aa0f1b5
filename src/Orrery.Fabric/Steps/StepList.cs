using System.Runtime.CompilerServices;

namespace Orrery.Fabric;

/// <summary>The steps of one algorithm, in order; a value, so that listing them allocates nothing.</summary>
public struct StepList
{
    private Buffer _steps;

    /// <summary>Most steps of an algorithm on one set of ports.</summary>
    public const int Most = 6;

    /// <summary>Steps listed.</summary>
    public int Count { get; private set; }

    /// <summary>The step at a place, from 0.</summary>
    public readonly CollectiveStep this[int index] => _steps[index];

    /// <summary>Adds a step after those listed.</summary>
    public void Add(in CollectiveStep step) => _steps[Count++] = step;

    [InlineArray(Most)]
    private struct Buffer
    {
        private CollectiveStep _first;
    }
}
