// SandboxServer.swift
