using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>One of several collectives that ran at once.</summary>
/// <param name="Name">Of the job.</param>
/// <param name="Alone">Time with nothing else on the machine.</param>
/// <param name="Together">Mean time of a round beside the others.</param>
/// <param name="Rounds">Rounds that ended.</param>
public sealed record ConcurrentAnswer(string Name, Seconds Alone, Seconds Together, int Rounds);
