package io.quarkus.test.junit;

/** Stands in for Quarkus, which would start floci: here the requests go elsewhere. */
public @interface QuarkusTest {}
